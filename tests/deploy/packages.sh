#!/usr/bin/env bash
# The Debian packages: made, looked at by lintian where it is there, unpacked into a root of their
# own; the programs run from there, and a stranger's program is built against the library.
# usage: packages.sh BUILD_DIR
# BUILD_DIR is configured with CMAKE_INSTALL_PREFIX=/usr.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
source "$here/serves.sh"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

rm -rf "$build/packages"
(cd "$build" && cpack -G DEB >"$root/log") || { cat "$root/log"; exit 1; }
packages=(libmle0 libmle-dev mle-tools mle-server)
for name in "${packages[@]}"; do
  file=$(ls "$build/packages/${name}"_*.deb)
  dpkg-deb -x "$file" "$root/tree"
  echo "$name: $(stat -c %s "$file") bytes, needs $(dpkg-deb -f "$file" Depends)"
done
[ "$(ls "$build/packages"/*.deb | wc -l)" -eq ${#packages[@]} ]

# Each holds what it is for and nothing of another.
list_of() { dpkg-deb --fsys-tarfile "$build/packages/$1"_*.deb | tar -t; }
# holds PACKAGE PATTERN..., lacks PACKAGE PATTERN: paths in it.
holds() {
  local list pattern
  list=$(list_of "$1")
  for pattern in "${@:2}"; do
    grep -q -- "$pattern" <<<"$list" || { echo "$1 has no $pattern" >&2 && exit 1; }
  done
}
lacks() {
  local list
  list=$(list_of "$1")
  if grep -- "$2" <<<"$list"; then
    echo "$1 holds the above" >&2
    exit 1
  fi
}
holds libmle0 'libmle\.so\.[0-9.]*$'
lacks libmle0 /usr/include
holds libmle-dev /usr/include/mle/mle.h 'libmle\.a$' mle.pc mle-config.cmake
holds mle-tools /usr/bin/mle-{convert,run,inspect,bench} man1/mle-convert.1.gz
lacks mle-tools /usr/bin/mle-serve
holds mle-server /usr/bin/mle-serve mle-serve.service /etc/mle/serve.json man1/mle-serve.1.gz
lacks mle-server /usr/bin/mle-run

# Nobody stands behind the packages yet, and the library's name in Debian would have its whole version.
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error,warning --suppress-tags \
    bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs,maintscript-calls-ldconfig,package-name-doesnt-match-sonames \
    "$build"/packages/*.deb
else
  echo "packages.sh: lintian is not installed: not looked at"
fi

tree=$root/tree
for program in "$tree"/usr/bin/mle-*; do
  "$program" --version
done
"$build/bin/mle_serve_models" "$root/models"
serves "$tree/usr/bin/mle-serve" --models "$root/models" --config "$tree/etc/mle/serve.json"

# A stranger's program, with the headers and the library of the packages alone.
library=$(dirname "$(find "$tree" -name libmle.so)")
cat >"$root/main.cpp" <<'CPP'
#include <mle/mle.h>
#include <cstdio>
int main(int, char** argv) {
  auto model = mle::Model::load(argv[1]);
  if (!model) return std::puts(model.error().message()), 1;
  auto session = mle::Session::make(*model);
  if (!session) return std::puts(session.error().message()), 1;
  const float x[3] = {1, 2, 4};
  float y[2] = {};
  const mle::Status status = session->run(x, y);
  if (!status.ok()) return std::puts(status.message()), 1;
  std::printf("%g %g\n", double{y[0]}, double{y[1]});
}
CPP
# shellcheck disable=SC2046  # flags are words
c++ -std=c++20 "$root/main.cpp" -o "$root/main" $(PKG_CONFIG_PATH=$library/pkgconfig pkg-config --cflags --libs mle)
[ "$(LD_LIBRARY_PATH=$library "$root/main" "$root/models/linear.mle")" = "1.5 2.5" ]
LD_LIBRARY_PATH=$library ldd "$root/main" | grep -q "$library/libmle.so"
echo "packages.sh: the packages hold what they should, and run"
