#!/usr/bin/env bash
# check_symbols.sh NM LIBRARY LIST: compares what a shared library exports with a checked-in list.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
nm=$1 library=$2 list=$3
if ! diff <(grep -v '^#' "$list") \
    <("$nm" -D --defined-only "$library" | awk '{ sub(/@.*/, "", $NF); print $NF }' | LC_ALL=C sort); then
  echo "the exports changed (< listed, > exported): if that is meant, change $list with it" >&2
  exit 1
fi
