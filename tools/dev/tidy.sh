#!/usr/bin/env bash
# Reads our own sources with clang-tidy, newest change first, until the time is up.
# usage: tidy.sh BUILD_DIR SECONDS [FILE...]     BUILD_DIR has compile_commands.json, made for clang
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/../.."

build=$1 seconds=$2
shift 2
tidy=${CLANG_TIDY:-clang-tidy-14}

# Sources of the rooms that this build compiles, by the commit that touched them last.
newest_first() {
  local file
  git log --format= --name-only -- '*.cpp' | awk 'NF && !seen[$0]++' | while read -r file; do
    case "$file" in
      format/* | runtime/* | compiler/* | tools/*)
        if [ -f "$file" ] && grep -q -F "\"$PWD/$file\"" "$build/compile_commands.json"; then
          echo "$file"
        fi
        ;;
    esac
  done
}

if [ $# -gt 0 ]; then files=("$@"); else mapfile -t files < <(newest_first); fi
deadline=$((SECONDS + seconds)) failed=0 done_count=0
for ((i = 0; i < ${#files[@]}; i += 2)); do
  [ $SECONDS -lt $deadline ] || break
  pids=()
  for file in "${files[@]:i:2}"; do
    "$tidy" -quiet -p "$build" -header-filter="^$PWD/(format|runtime|compiler|tools|python)/" "$file" 2> >(grep -v 'warnings generated' >&2) &
    pids+=($!)
    done_count=$((done_count + 1))
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
done
echo "clang-tidy: read $done_count of ${#files[@]} files"
exit $failed
