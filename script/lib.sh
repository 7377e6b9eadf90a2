# Shared by the scripts beside it: packages, timed steps, builds by preset.
# Promise: nothing here asks a question, and nothing needs the network once the packages are there.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What a build needs, and what only script/check needs beyond that. Debian 12 names.
build_packages=(g++ cmake ninja-build pkgconf flatbuffers-compiler libflatbuffers-dev libxsimd-dev
  libxxhash-dev libprotobuf-dev protobuf-compiler zlib1g-dev libbz2-dev liblzma-dev
  nlohmann-json3-dev doctest-dev libgrpc++-dev protobuf-compiler-grpc
  libsimdjson-dev libssl-dev)
check_packages=(clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 libmimalloc-dev python3
  python3-venv python3-dev g++-aarch64-linux-gnu qemu-user curl dpkg-dev file)
corpus_packages=(clang-14 libclang-rt-14-dev python3 python3-numpy)

export CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}"
if command -v ccache >/dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER="${CMAKE_C_COMPILER_LAUNCHER-ccache}"
  export CMAKE_CXX_COMPILER_LAUNCHER="${CMAKE_CXX_COMPILER_LAUNCHER-ccache}"
fi

steps_done=()
step_name=""

# step NAME COMMAND...: runs one named step; the first that fails ends the script.
step() {
  step_name=$1
  shift
  local started=$SECONDS
  printf '\n=== %s\n' "$step_name"
  "$@"
  printf -- '--- %s: %d s\n' "$step_name" $((SECONDS - started))
  steps_done+=("$(printf '%6d s  %s' $((SECONDS - started)) "$step_name")")
  step_name=""
}

# The table of steps and seconds, at the end whether it went well or not.
report() {
  local status=$?
  printf '\n%s\n' "$(basename "$0"): steps and seconds"
  [ ${#steps_done[@]} -eq 0 ] || printf '%s\n' "${steps_done[@]}"
  if [ $status -ne 0 ]; then
    printf 'FAILED in step: %s (status %d)\n' "${step_name:-start}" $status >&2
  fi
}

missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s ' "$name"
  done
}

# need_packages NAME...: installs what is missing as root or through sudo; where neither is possible
# prints the line to run and stops.
need_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system: packages are taken as installed (on Debian 12: $*)."
    return
  fi
  local missing as_root=()
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then
    echo "All packages are installed."
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if [ -t 0 ] && command -v sudo >/dev/null; then
      as_root=(sudo)
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      printf 'Packages are missing and this user cannot install them. As root, run:\n\n' >&2
      printf '  apt-get install -y --no-install-recommends %s\n\n' "${missing% }" >&2
      return 1
    fi
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3)
  # shellcheck disable=SC2086  # one word per package
  with_retries "${apt[@]}" -q update && with_retries "${apt[@]}" -q -y install --no-install-recommends $missing
}

with_retries() {
  local try
  for try in 1 2 3; do
    "$@" && return
    echo "try $try of 3 failed: $*" >&2
    sleep $((try * 5))
  done
  return 1
}

# build PRESET [TARGET...]: configures and builds.
build() {
  local preset=$1
  shift
  cmake --preset "$preset" || return
  if [ $# -gt 0 ]; then
    cmake --build --preset "$preset" --target "$@"
  else
    cmake --build --preset "$preset"
  fi
}
