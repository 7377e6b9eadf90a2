#!/usr/bin/env bash
# The content of the container's last stage, as deploy/bundle.sh makes it: it serves in an otherwise
# empty root, as a user without a name that may write nothing.
# usage: image.sh BUILD_DIR
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
source "$here/serves.sh"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
"$here/../../deploy/bundle.sh" "$build/bin/mle-serve" "$root"
"$build/bin/mle_serve_models" "$root/mnt/models"
chmod -R a+rX "$root"

# Nothing but the program, what it is linked to, and two empty folders.
others=$(find "$root" -type f ! -path "$root/mnt/*" ! -name 'lib*.so*' ! -name 'ld-linux*' ! -path "$root/usr/bin/mle-serve")
if [ -n "$others" ]; then
  printf 'image.sh: these are not needed:\n%s\n' "$others" >&2
  exit 1
fi

# Who is root changes the root itself, who is not by a namespace of his own.
if [ "$(id -u)" -eq 0 ]; then
  inside=(chroot --userspec=65532:65532 "$root")
else
  inside=(unshare --map-root-user chroot "$root")
fi
if ! "${inside[@]}" /usr/bin/mle-serve --version; then
  # Where no other root is allowed, the libraries are at least those of the bundle alone.
  if chroot / /bin/true 2>/dev/null; then exit 1; fi
  echo "image.sh: this user may not change the root: the program runs by the bundle's own loader"
  loader=$(find "$root" -name 'ld-linux*' | head -n 1)
  libraries=$(find "$root" -name 'libc.so.6' -printf '%h\n' | head -n 1)
  inside=("$loader" --inhibit-cache --library-path "$libraries:$root/usr${libraries#"$root"}")
  serves "${inside[@]}" "$root/usr/bin/mle-serve" --models "$root/mnt/models"
  exit
fi
serves "${inside[@]}" /usr/bin/mle-serve --models /mnt/models
echo "image.sh: serves in an empty root, $(du -sk --exclude=mnt "$root" | cut -f1) KB"
