#!/usr/bin/env bash
# Installs what make-images.ts needs from Debian: an emulator, a compiler for both word sizes, and the tools that
# unpack kernel packages and rewrite dumps. Needs root. Adds i386 as a foreign architecture for the 686 kernels.
set -euo pipefail

packages=(
  qemu-system-x86 qemu-utils seabios  # boots the guests
  gcc gcc-multilib libc6-dev          # builds what runs in them
  kmod cpio xz-utils                  # takes kernel packages apart, packs the initramfs
  makedumpfile                        # recompressed, filtered and unflattened dumps
)

dpkg --add-architecture i386
# A mirror in the middle of an update fails some lists; those that are there mostly do.
apt-get -o DPkg::Lock::Timeout=600 update || echo 'some package lists could not be renewed; going on with those at hand' >&2
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${packages[@]}"
