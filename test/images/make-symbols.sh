#!/usr/bin/env bash
# Makes the DWARF symbol file (ISF) of an image's kernel out of Debian's debug package: the outside judge of layouts, and the
# only source of them for i386, whose kernels carry no BTF. Not needed to make images.
#
#   DWARF2JSON=/path/to/dwarf2json make-symbols.sh OUT_DIR GUEST_NAME IMAGE_NAME…
#
# GUEST_NAME is one that make-images.ts built under OUT_DIR/.build/guests. Leaves symbols.json.xz in each image's directory.
# The debug packages are 0.3-1 GB to download; vmlinux and System.map stay in OUT_DIR/.build/debug/GUEST_NAME.
set -euo pipefail

[ $# -ge 3 ] && [ -n "${DWARF2JSON:-}" ] || { echo "usage: DWARF2JSON=FILE $0 OUT_DIR GUEST_NAME IMAGE_NAME…" >&2; exit 2; }
out=$(cd "$1" && pwd); guest=$2; shift 2
IFS=: read -r kernel arch < "$out/.build/guests/$guest/package"
version=$(cat "$out/.build/guests/$guest/version")
debug=$out/.build/debug/$guest; mkdir -p "$debug"; cd "$debug"

if [ ! -e "vmlinux-$version" ]; then
  apt-get download "$kernel-dbg:$arch" >/dev/null
  dpkg --fsys-tarfile "$kernel"-dbg_*.deb | tar x --strip-components=5 --wildcards './usr/lib/debug/boot/*'
  rm "$kernel"-dbg_*.deb
fi
"$DWARF2JSON" linux --elf "vmlinux-$version" --system-map "System.map-$version" | xz -T2 > symbols.json.xz
for image in "$@"; do cp symbols.json.xz "$out/$image/"; done
