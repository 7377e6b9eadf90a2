#!/usr/bin/env bash
# Installs the package, moves it, and builds strangers' projects against it: find_package and
# pkg-config, C and C++, static and shared, and every folder of examples/ that is a program. Programs
# for another processor: strangers use the toolchain file of the build ("" for none), and all that is
# built runs through the words behind it.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

cmake=$1 source=$2 build=$3 cc=$4 cxx=$5 write_model=$6 toolchain=$7
emulator=("${@:8}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CMAKE_GENERATOR=Ninja CMAKE_BUILD_PARALLEL_LEVEL=2 CC=$cc CXX=$cxx
unset DESTDIR CMAKE_PREFIX_PATH PKG_CONFIG_PATH
if [ -n "$toolchain" ]; then export CMAKE_TOOLCHAIN_FILE=$toolchain; fi
strict=(-Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror)

fail() {
  echo "install: $*" >&2
  exit 1
}

"$cmake" --install "$build" --prefix "$work/first" >"$work/log" || { cat "$work/log"; exit 1; }
mv "$work/first" "$work/moved"
prefix=$work/moved
config=$(find "$prefix" -name mle-config.cmake)
libdir=$(cd "$(dirname "$config")/../.." && pwd)

# Nothing in it remembers where it was built or first installed.
if grep -rIl -F -e "$work/first" -e "$source" -e "$build" "$prefix"; then
  fail "the files above hold a path of the machine that built them"
fi

# Every program came with its manual page and its completions.
for program in "$prefix"/bin/mle-*; do
  [ -e "$program" ] || continue
  name=$(basename "$program")
  for page in "man/man1/$name.1" "bash-completion/completions/$name" "zsh/site-functions/_$name"; do
    [ -s "$prefix/share/$page" ] || fail "share/$page is not installed"
  done
done

# Each public header stands alone and drags in no header of a library the user does not have.
for header in "$prefix"/include/mle/*.h; do
  line="#include <mle/$(basename "$header")>"
  echo "$line" | "$cxx" -std=c++20 "${strict[@]}" -I"$prefix/include" -fsyntax-only -x c++ -
  if echo "$line" | "$cxx" -std=c++20 -I"$prefix/include" -M -x c++ - |
      grep -E 'flatbuffers|xsimd|xxhash|mimalloc|protobuf'; then
    fail "$(basename "$header") includes a header that is not ours"
  fi
done
echo '#include <mle/c.h>' | "$cc" -std=c99 "${strict[@]}" -I"$prefix/include" -fsyntax-only -x c -

"${emulator[@]}" "$write_model" "$work/tiny.mle"
expected=""

# answers PROGRAM: runs it; all programs must say the same.
answers() {
  local got
  got=$(LD_LIBRARY_PATH=$libdir "${emulator[@]}" "$1" "$work/tiny.mle") || fail "$1 failed"
  [ -n "$got" ] || fail "$1 printed nothing"
  [ -z "$expected" ] || [ "$got" = "$expected" ] || fail "$1 answers $got, others $expected"
  expected=$got
}

# stranger NAME CMAKE_ARGUMENT...: builds the project in stranger/ and runs what comes out.
stranger() {
  local name=$1
  shift
  "$cmake" -S "$here/stranger" -B "$work/$name" -DCMAKE_PREFIX_PATH="$prefix" "$@" >"$work/log" 2>&1 &&
    "$cmake" --build "$work/$name" >>"$work/log" 2>&1 || { cat "$work/log"; fail "$name does not build"; }
  for program in "$work/$name"/predict_c "$work/$name"/predict_cpp; do
    if [ -x "$program" ]; then answers "$program"; fi
  done
}
stranger static
stranger shared -DBUILD_SHARED_LIBS=ON
stranger c_only -DSTRANGER_LANGUAGES=C
if [ -x "$prefix/bin/mle-run" ]; then
  stranger with_tools "-DSTRANGER_COMPONENTS=runtime;compiler;tools"
elif "$cmake" -S "$here/stranger" -B "$work/wants_tools" -DCMAKE_PREFIX_PATH="$prefix" \
    -DSTRANGER_COMPONENTS=tools >"$work/log" 2>&1; then
  fail "component tools is found although it is not installed"
fi
readelf -d "$work/shared/predict_c" | grep -q 'NEEDED.*libmle\.so' || fail "shared does not use libmle.so"
if readelf -d "$work/static/predict_c" | grep -q 'NEEDED.*libmle'; then
  fail "static uses libmle.so"
fi

if command -v pkg-config >/dev/null; then
  export PKG_CONFIG_PATH=$libdir/pkgconfig
  read -ra cflags < <(pkg-config --cflags mle)
  read -ra libs < <(pkg-config --libs mle)
  read -ra static_libs < <(pkg-config --static --libs mle)
  "$cc" -std=c99 "${strict[@]}" "$here/stranger/predict.c" -o "$work/pc_c" "${cflags[@]}" "${libs[@]}"
  "$cxx" -std=c++20 "${strict[@]}" "$here/stranger/predict.cpp" -o "$work/pc_cpp" "${cflags[@]}" "${libs[@]}"
  programs=(pc_c pc_cpp)
  if [[ "${static_libs[*]}" != *-lmimalloc* ]]; then  # of which distributions have no static library
    "$cc" -std=c99 -static "$here/stranger/predict.c" -o "$work/pc_static" "${cflags[@]}" "${static_libs[@]}"
    programs+=(pc_static)
  fi
  for program in "${programs[@]}"; do answers "$work/$program"; done
else
  echo "skipped: pkg-config is not installed, mle.pc was not tried"
fi

for example in "$source"/examples/*/CMakeLists.txt; do
  [ -f "$example" ] || continue
  folder=$(dirname "$example")
  "$cmake" -S "$folder" -B "$work/$(basename "$folder")" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 &&
    "$cmake" --build "$work/$(basename "$folder")" >>"$work/log" 2>&1 ||
    { cat "$work/log"; fail "$folder does not build"; }
done
echo "install: all strangers answer: $(echo "$expected" | tr '\n' ' ')"
