#!/usr/bin/env bash
# check_symbols.sh NM LIBRARY LIST: compares what a shared library exports with a checked-in list.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
nm=$1 library=$2 list=$3

# The version itself is a symbol, too; llvm-nm writes it twice.
exported() {
  "$nm" -D --defined-only "$library" |
    awk '{ n = split($NF, part, "@@"); print n == 2 && part[1] == part[2] ? part[1] : $NF }' | LC_ALL=C sort
}

if ! diff <(grep -v '^#' "$list") <(exported); then
  echo "the exports changed (< listed, > exported): if that is meant, change $list with it" >&2
  exit 1
fi
