/**
 * From the PT_LOAD segments of a core file to extents of physical memory.
 *
 * Dumps of machines (QEMU, VirtualBox, /proc/vmcore, /proc/kcore since Linux 4.11) carry physical addresses in p_paddr;
 * older /proc/kcore have zero there, and the direct map gives them. A core of a process has neither.
 */
import type { ElfFile, ElfSegment } from '../elf/elf-file.js';
import { segmentType } from '../elf/layout.js';
import { type Extent, MAX_ADDRESS } from '../image/extents.js';

export interface PhysicalSegments {
  readonly extents: Extent[];
  readonly notes: string[];
  /** True when only virtual addresses are known and they are not those of a kernel. */
  readonly isProcess: boolean;
}

const GIB = 1n << 30n;

/**
 * Where the kernel's direct map of memory may lie, by address size: Linux Documentation/arch/x86/x86_64/mm.rst
 * (4 and 5 levels; with KASLR it starts anywhere inside at a multiple of 1 GiB) and, for i386, PAGE_OFFSET.
 */
const directMapWindows = [
  { bits: 64, start: 0xffff_8880_0000_0000n, end: 0xffff_fe00_0000_0000n },
  { bits: 64, start: 0xff11_0000_0000_0000n, end: 0xff90_0000_0000_0000n },
  { bits: 32, start: 0xc000_0000n, end: 0xf800_0000n },
] as const;

/** A segment this large is the vmalloc area (32 TiB), which lies above the direct map; of i386 it is the one at the top. */
const VMALLOC_SIZE = 2 ** 44;
const VMALLOC_END_I386 = 0xff00_0000n;

/** p_paddr of what has no physical address (Linux fs/proc/kcore.c). */
const noPhysical = { 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn } as const;

function byVirtual(a: ElfSegment, b: ElfSegment): number {
  return a.virtual < b.virtual ? -1 : a.virtual > b.virtual ? 1 : 0;
}

/** The segments of the direct map with the physical addresses it implies. */
function fromDirectMap(elf: ElfFile, loads: readonly ElfSegment[]): ElfSegment[] {
  for (const window of directMapWindows) {
    if (window.bits !== elf.bits) continue;
    const inside = loads.filter((load) => load.virtual >= window.start && load.virtual < window.end).sort(byVirtual);
    const vmalloc = inside.findIndex(
      (load) =>
        load.memorySize >= VMALLOC_SIZE ||
        (elf.bits === 32 && load.virtual + BigInt(load.memorySize) >= VMALLOC_END_I386),
    );
    const direct = vmalloc < 0 ? inside : inside.slice(0, vmalloc);
    const first = direct[0];
    if (!first) continue;
    // PC memory begins in the first megabyte, so the direct map begins at the multiple of 1 GiB below its first segment.
    const base = (first.virtual / GIB) * GIB;
    return direct.map((load) => ({ ...load, physical: load.virtual - base }));
  }
  return [];
}

function hasPhysicalAddresses(loads: readonly ElfSegment[]): boolean {
  return loads.length === 0 || loads.some((load) => load.physical !== 0n) || loads.every((load) => load.virtual === 0n);
}

/** @param fileSize bytes that are there, for cutting segments that reach beyond. */
export function physicalSegments(elf: ElfFile, fileSize: number): PhysicalSegments {
  const notes: string[] = [];
  if (elf.segments.length < elf.claimedSegments)
    notes.push(`the file is truncated: ${elf.segments.length} of ${elf.claimedSegments} program headers are there`);

  const loads = elf.segments.filter((segment) => segment.type === segmentType.load && segment.fileSize > 0);
  const direct = hasPhysicalAddresses(loads) ? undefined : fromDirectMap(elf, loads);
  const physical = (direct ?? loads).filter((load) => load.physical !== noPhysical[elf.bits]);
  if (direct && direct.length > 0) notes.push('physical addresses were derived from the kernel direct map');

  const extents: Extent[] = [];
  let impossible = 0;
  let missing = 0;
  for (const load of physical) {
    const start = Number(load.physical);
    if (start + load.fileSize > MAX_ADDRESS) {
      impossible++;
      continue;
    }
    const length = Math.max(0, Math.min(load.fileSize, fileSize - load.offset));
    missing += load.fileSize - length;
    const last = extents.at(-1);
    // QEMU's paging=true lists a page that is mapped 65,536 times as often.
    const isRepeated = last?.start === start && last.length === length && last.offset === load.offset;
    if (length > 0 && !isRepeated) extents.push({ start, length, offset: load.offset });
  }
  if (impossible > 0) notes.push(`${impossible} program headers name impossible addresses and are left out`);
  if (missing > 0) notes.push(`the file is truncated: ${missing} bytes of memory are missing`);
  return { extents, notes, isProcess: direct !== undefined && direct.length === 0 };
}
