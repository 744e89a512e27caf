/**
 * The PVH entry (Xen, public/arch-x86/hvm/start_info.h; Linux, arch/x86/platform/pvh/): an ELF kernel names its 32-bit
 * physical entry point in a note and finds command line, memory map, modules and RSDP through one structure in EBX.
 */
import { u32 } from '../../../core/bytes.js';
import { BOOT_DATA, COMMAND_LINE_BYTES, memoryRanges } from '../memory-map.js';
import { type BootPlan, type BootRequest, checkPlacements, encodeCommandLine, placeInitrd } from './boot-plan.js';
import type { ElfImage } from './elf-image.js';
import { FLAT_GDT, flatEntry } from './flat-entry.js';

/** XEN_ELFNOTE_PHYS32_ENTRY. */
const NOTE_PHYS32_ENTRY = 18;
const MAGIC = 0x336e_c578;
const START_INFO_BYTES = 56;
const MODULE_BYTES = 32;
const MEMMAP_ENTRY_BYTES = 24;

/** The entry point that the kernel names, or undefined when it has none. */
export function pvhEntry(elf: ElfImage): number | undefined {
  const note = elf.notes.find(({ name, type }) => name === 'Xen' && type === NOTE_PHYS32_ENTRY);
  return note !== undefined && note.description.length >= 4 ? u32(note.description, 0) : undefined;
}

export function planPvh(elf: ElfImage, entry: number, request: BootRequest): BootPlan {
  const { initrd, ramBytes, rsdp } = request;
  const initrdAt = initrd === undefined ? 0 : placeInitrd(initrd.length, ramBytes, elf.end);
  const ranges = memoryRanges(ramBytes);
  const modulesAt = BOOT_DATA.startInfo + START_INFO_BYTES;
  const mapAt = modulesAt + MODULE_BYTES;
  const info = new Uint8Array(START_INFO_BYTES + MODULE_BYTES + ranges.length * MEMMAP_ENTRY_BYTES);
  const view = new DataView(info.buffer);
  const wide = (offset: number, value: number): void => view.setBigUint64(offset, BigInt(value), true);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, 1, true);
  view.setUint32(12, initrd === undefined ? 0 : 1, true);
  wide(16, initrd === undefined ? 0 : modulesAt);
  wide(24, BOOT_DATA.commandLine);
  wide(32, rsdp);
  wide(40, mapAt);
  view.setUint32(48, ranges.length, true);
  wide(START_INFO_BYTES, initrdAt);
  wide(START_INFO_BYTES + 8, initrd?.length ?? 0);
  ranges.forEach((range, i) => {
    const at = START_INFO_BYTES + MODULE_BYTES + i * MEMMAP_ENTRY_BYTES;
    wide(at, range.start);
    wide(at + 8, range.length);
    view.setUint32(at + 16, range.type, true);
  });
  return {
    protocol: 'PVH',
    placements: checkPlacements(
      [
        ...elf.placements,
        FLAT_GDT,
        { address: BOOT_DATA.startInfo, bytes: info },
        { address: BOOT_DATA.commandLine, bytes: encodeCommandLine(request.commandLine, COMMAND_LINE_BYTES) },
        ...(initrd === undefined ? [] : [{ address: initrdAt, bytes: initrd }]),
      ],
      ramBytes,
    ),
    entry: flatEntry(entry, { rbx: BOOT_DATA.startInfo }),
  };
}
