/**
 * The Linux 32-bit boot protocol (Linux, Documentation/arch/x86/boot.rst, "32-bit boot protocol"): a bzImage that
 * unpacks itself, or an unpacked 32-bit vmlinux that is entered the same way.
 */
import { BOOT_DATA, MIB } from '../memory-map.js';
import { type BootPlan, type BootRequest, checkPlacements, type Placement, placeInitrd } from './boot-plan.js';
import type { ElfImage } from './elf-image.js';
import { FLAT_GDT, flatEntry } from './flat-entry.js';
import { type LinuxSetup, zeroPage } from './linux-setup.js';

function plan(
  protocol: string,
  entry: number,
  kernel: readonly Placement[],
  initrdAt: number,
  request: BootRequest,
  header?: Uint8Array,
): BootPlan {
  const { initrd, ramBytes } = request;
  const placements = [
    ...kernel,
    FLAT_GDT,
    ...zeroPage(request, { code32Start: entry, initrdAt, ...(header && { header }) }),
    ...(initrd === undefined ? [] : [{ address: initrdAt, bytes: initrd }]),
  ];
  return {
    protocol,
    placements: checkPlacements(placements, ramBytes),
    entry: flatEntry(entry, { rsi: BOOT_DATA.bootParams }),
  };
}

/** The bzImage as it is: it decompresses itself. */
export function planBzImage(setup: LinuxSetup, request: BootRequest): BootPlan {
  const highest = Math.min(setup.initrdHighest || 0x37ff_ffff, 0x7fff_ffff);
  const floor = Math.max(setup.preferredAddress, MIB) + setup.initSize;
  const initrdAt = request.initrd ? placeInitrd(request.initrd.length, request.ramBytes, floor, highest) : 0;
  const protocol = `Linux boot protocol ${setup.version >> 8}.${setup.version & 0xff}`;
  return plan(protocol, MIB, [{ address: MIB, bytes: setup.protectedMode }], initrdAt, request, setup.header);
}

/** A 32-bit vmlinux: its ELF entry is physical and expects what the bzImage's stub would leave. */
export function planVmlinux32(elf: ElfImage, request: BootRequest, setup?: LinuxSetup): BootPlan {
  const initrdAt = request.initrd ? placeInitrd(request.initrd.length, request.ramBytes, elf.end) : 0;
  return plan('vmlinux, 32-bit entry', elf.entry, elf.placements, initrdAt, request, setup?.header);
}
