#!/usr/bin/env bash
# Formats every C and C++ file of the repository; with --check only says which ones differ.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/../.."

formatter=${CLANG_FORMAT:-clang-format-14}
if ! command -v "$formatter" >/dev/null; then
  echo "format.sh: error: $formatter is not installed (other versions format differently)" >&2
  exit 1
fi
mapfile -d '' files < <(git ls-files -z -- '*.h' '*.cpp' '*.c')
[ ${#files[@]} -gt 0 ] || exit 0
if [ "${1:-}" = --check ]; then
  differ=0
  for file in "${files[@]}"; do
    if ! "$formatter" "$file" | cmp -s - "$file"; then
      echo "$file: run tools/dev/format.sh"
      differ=1
    fi
  done
  exit $differ
else
  "$formatter" -i "${files[@]}"
fi
