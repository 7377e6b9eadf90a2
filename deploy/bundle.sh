#!/usr/bin/env bash
# A program and the shared libraries it needs, as the root of a file system that holds nothing else.
# usage: bundle.sh PROGRAM FOLDER
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "usage: bundle.sh PROGRAM FOLDER" >&2
  exit 2
fi
program=$1 root=$2
mkdir -p "$root/usr/bin" "$root/tmp" "$root/mnt/models"
strip -o "$root/usr/bin/$(basename "$program")" "$program"
# ldd prints "name => /path (address)", and the loader as "/path (address)".
ldd "$program" | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' | sort -u |
  while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
chmod 1777 "$root/tmp"
du -sh "$root"
