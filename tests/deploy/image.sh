#!/usr/bin/env bash
# The content of the container's last stage, as deploy/bundle.sh makes it: it serves in an otherwise
# empty root by the words of the Containerfile, as its user, who has no name and may write nothing.
# usage: image.sh BUILD_DIR
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
source "$here/serves.sh"

root=$(mktemp -d)
trap 'chmod -R u+w "$root" && rm -rf "$root"' EXIT
"$here/../../deploy/bundle.sh" "$build/bin/mle-serve" "$root"
"$build/bin/mle_serve_models" "$root/mnt/models"
chmod -R a+rX "$root"

# The last stage, line by line. What it starts is the first word of ENTRYPOINT by those of CMD.
stage=$(sed -n '/^FROM scratch$/,$p' "$here/../../deploy/Containerfile" | grep -v '^#')
said() { sed -n "s/^$1 //p" <<<"$stage"; }
words() { said "$1" | tr -d '[],"'; }
if [ "$(grep -c '^FROM' <<<"$stage")" -ne 1 ] || [ "$(said COPY)" != "--from=build /root-of-image /" ] ||
  ! [[ "$(said USER)" =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || ! [ -x "$root$(words ENTRYPOINT)" ]; then
  printf 'image.sh: this is no stage with the bundle alone, for a user who is not root:\n%s\n' "$stage" >&2
  exit 1
fi
# On free ports: those of the stage may be taken here.
arguments=() port=no
for word in $(words CMD); do
  if [ $port = yes ]; then word=127.0.0.1:0; fi
  case "$word" in --http | --grpc) port=yes ;; *) port=no ;; esac
  arguments+=("$word")
done

# Nothing but the program, what it is linked to, and two empty folders.
others=$(find "$root" -type f ! -path "$root/mnt/*" ! -name 'lib*.so*' ! -name 'ld-linux*' ! -path "$root/usr/bin/mle-serve")
if [ -n "$others" ]; then
  printf 'image.sh: these are not needed:\n%s\n' "$others" >&2
  exit 1
fi

# Nothing in it can be written, as where the root is mounted to be read alone.
chmod -R a-w "$root"

# Who is root changes the root itself, who is not by a namespace of his own.
if [ "$(id -u)" -eq 0 ]; then
  inside=(chroot --userspec="$(said USER)" "$root")
else
  inside=(unshare --map-root-user chroot "$root")
fi
if ! "${inside[@]}" "$(words ENTRYPOINT)" --version; then
  # Where no other root is allowed, the libraries are at least those of the bundle alone.
  if chroot / /bin/true 2>/dev/null; then exit 1; fi
  echo "image.sh: this user may not change the root: the program runs by the bundle's own loader"
  loader=$(find "$root" -name 'ld-linux*' | head -n 1)
  libraries=$(find "$root" -name 'libc.so.6' -printf '%h\n' | head -n 1)
  inside=("$loader" --inhibit-cache --library-path "$libraries:$root/usr${libraries#"$root"}")
  serves "${inside[@]}" "$root/usr/bin/mle-serve" --models "$root/mnt/models"
  exit
fi
serves "${inside[@]}" "$(words ENTRYPOINT)" "${arguments[@]}"
echo "image.sh: serves in an empty root, $(du -sk --exclude=mnt "$root" | cut -f1) KB"
