#!/usr/bin/env bash
# Proves that no function of one instruction set can end up in code for another: a weak symbol is
# merged by the linker, and the copy it keeps may use instructions this machine does not have.
# usage: check_isa_symbols.sh NM OBJECT...   looks at the objects called isa_*
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

nm=$1
shift
failed=0
declare -A owner=()
for object in "$@"; do
  name=$(basename "$object")
  [[ $name == isa_* ]] || continue
  isa=${name#isa_}
  isa=${isa%%.*}
  while read -r symbol; do
    if [[ -n ${owner[$symbol]:-} ]]; then
      echo "$symbol: in the objects of both ${owner[$symbol]} and $isa" >&2
      failed=1
    fi
    owner[$symbol]=$isa
    if [[ ${symbol,,} != *"$isa"* ]]; then
      echo "$symbol: weak in the object of $isa, without the name of that instruction set" >&2
      failed=1
    fi
  done < <("$nm" -C "$object" | sed -nE 's/^[0-9a-f]+ [WVu] (.*)$/\1/p')
done
if [[ ${#owner[@]} -eq 0 && $failed -eq 0 ]]; then
  echo "no weak symbols at all"
fi
exit $failed
