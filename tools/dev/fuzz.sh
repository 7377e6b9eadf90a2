#!/usr/bin/env bash
# Runs every fuzz target of a build, two at a time, starting from its seeds.
# usage: fuzz.sh BUILD_DIR SECONDS [TARGET...]
# What is found lies in BUILD_DIR/fuzz/TARGET/, and the target's command line is printed.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "$0")/../.."

build=$(cd "$1" && pwd) seconds=$2
shift 2
if [ $# -gt 0 ]; then
  targets=("$@")
else
  mapfile -t targets < <(find "$build/bin" -name '*_fuzz' -type f -perm -u+x -printf '%f\n' | sort)
fi
if [ ${#targets[@]} -eq 0 ]; then
  echo "fuzz.sh: error: no fuzz target in $build/bin" >&2
  exit 1
fi

# One target: new inputs go to its corpus folder, the seeds are only read.
run_target() {
  local target=$1 work=$build/fuzz/$1 seeds status=0
  mkdir -p "$work/corpus"
  seeds=()
  local folder=$build/fuzz_seeds/${target%_fuzz}
  [ ! -d "$folder" ] || seeds+=("$folder")
  local command=("$build/bin/$target" "-max_total_time=$seconds" -timeout=10 -rss_limit_mb=2048
    -print_final_stats=1 "-artifact_prefix=$work/" "$work/corpus" "${seeds[@]}")
  "${command[@]}" >"$work/log" 2>&1 || status=$?
  if [ $status -ne 0 ]; then
    echo "${command[*]}" >"$work/failed"
    return 1
  fi
  rm -f "$work/failed"
  awk -v target="$target" '
    /stat::number_of_executed_units/ { runs = $2 }
    /stat::average_exec_per_sec/ { speed = $2 }
    / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) }
    END { printf "%-24s %10d inputs, %d per second, coverage %d\n", target, runs, speed, cov }' "$work/log"
}

failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  pids=()
  for target in "${targets[@]:i:2}"; do
    run_target "$target" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
done

# What was found stands last, where it is seen: the report, and small inputs themselves.
for target in "${targets[@]}"; do
  work=$build/fuzz/$target
  [ -e "$work/failed" ] || continue
  grep -aE -A 40 '==ERROR|runtime error|: (ALARM|out-of-memory|deadly signal)|Assertion' "$work/log" | head -n 70 || tail -n 40 "$work/log"
  while read -r input; do
    echo "$input, $(stat -c %s "$input") bytes; gzip and base64:"
    [ "$(stat -c %s "$input")" -gt 65536 ] || gzip -9nc "$input" | base64 -w 120
  done < <(find "$work" -maxdepth 1 -type f \( -name 'crash-*' -o -name 'oom-*' -o -name 'timeout-*' -o -name 'leak-*' \))
  echo "fuzz.sh: $target FAILED; run: $(cat "$work/failed")"
done
exit $failed
