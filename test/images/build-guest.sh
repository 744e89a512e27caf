#!/usr/bin/env bash
# Makes one bootable Linux guest out of Debian's packages: a kernel, and an initramfs around the guest directory's
# `init`, `zoo.c` and `bench.c`. It boots nothing and knows nothing of memory images (make-images.sh does).
#
#   build-guest.sh GUEST_DIR KERNEL_PACKAGE ARCH OUT_DIR        ARCH is Debian's: amd64 or i386
#
# Leaves OUT_DIR/{vmlinuz,config,initrd.gz,version,package}. KERNEL_PACKAGE is a versioned package or a meta-package
# (linux-image-amd64), which is followed to the version it depends on. Downloads stay in OUT_DIR/debs.
set -euo pipefail

[ $# -eq 4 ] || { echo "usage: $0 GUEST_DIR KERNEL_PACKAGE ARCH OUT_DIR" >&2; exit 2; }
guest=$(cd "$1" && pwd); package=$2; arch=$3; mkdir -p "$4/debs"; out=$(cd "$4" && pwd)
case $arch in
  amd64) machine=-m64 ;;
  i386) machine=-m32 ;;
  *) echo "build-guest.sh: ARCH is amd64 or i386, not '$arch'" >&2; exit 2 ;;
esac

# The modules that `init` loads; their dependencies are found by modprobe. qemu_fw_cfg tells QEMU's vmcoreinfo device,
# where a machine has one, where the kernel keeps its VMCOREINFO.
modules=(loop dm-mod veth ext4 nf_tables qemu_fw_cfg)

case $package in
  linux-image-*.*.*) kernel=$package ;;
  *) kernel=$(apt-cache depends "$package:$arch" | sed -n 's/.*Depends: \(linux-image-[0-9][^ :]*\).*/\1/p' | head -n1) ;;
esac
[ -n "$kernel" ] || { echo "build-guest.sh: apt knows no $package:$arch (dpkg --add-architecture, apt-get update?)" >&2; exit 1; }

cd "$out/debs"
for p in "$kernel" busybox-static bash-static; do
  compgen -G "${p}_*_$arch.deb" >/dev/null || apt-get download "$p:$arch" >/dev/null
done

root=$(mktemp -d); trap 'rm -rf "$root"' EXIT
img=$root/img; mkdir -p "$root/pkg" "$img"/{bin,mods,dev}
for deb in "$kernel" busybox-static bash-static; do dpkg -x ./"${deb}"_*_"$arch".deb "$root/pkg"; done
version=$(ls "$root/pkg/lib/modules" | head -n1)
echo "$version" > "$out/version"; echo "$kernel:$arch" > "$out/package"
cp "$root/pkg/boot/vmlinuz-$version" "$out/vmlinuz"; cp "$root/pkg/boot/config-$version" "$out/config"

cp "$root/pkg/bin/busybox" "$img/bin/"; cp "$root/pkg/bin/bash-static" "$img/bin/bash"; ln -s busybox "$img/bin/sh"
gcc $machine -O2 -static -pthread -o "$img/bin/zoo" "$guest/zoo.c"
gcc $machine -O2 -static -o "$img/bin/bench" "$guest/bench.c"
cp "$guest/init" "$img/init"; chmod 755 "$img/init"

depmod -b "$root/pkg" "$version"
for m in "${modules[@]}"; do modprobe -n --show-depends -d "$root/pkg" -S "$version" "$m"; done |
  awk '$1 == "insmod" && !seen[$2]++ { print $2 }' > "$root/modules"
while read -r file; do
  name=$(basename "$file" | sed 's/\.ko.*//')
  case $file in *.xz) xz -dc "$file" ;; *) cat "$file" ;; esac > "$img/mods/$name.ko"
  echo "$name" >> "$img/mods.list"
done < "$root/modules"

while read -r name major minor; do mknod "$img/dev/$name" c "$major" "$minor" 2>/dev/null || true; done <<'NODES'
console 5 1
null 1 3
ttyS0 4 64
NODES
(cd "$img" && find . | cpio -o -H newc --quiet | gzip -9) > "$out/initrd.gz"
