/**
 * ELF images as they lie in the memory of a process: where each one's parts are, and the file put together again.
 *
 * What the loader did not map (symbols, debug information, section names) is not in memory; what the program changed
 * since (data, relocations) is changed in the rebuilt file too.
 */

import { type ElfFile, isElf, readElf } from '../../formats/elf/elf-file.js';
import { bufferSource } from '../../formats/sources/buffer-source.js';
import type { AddressSpace } from '../../memory/address-space.js';
import type { MemoryChunk } from '../resident-chunks.js';
import type { MemoryArea } from './mm-areas.js';

/** p_type of what is loaded. */
const PT_LOAD = 1;
/** Headers lie in the first page; tables of more program headers than fit here do not occur. */
const MAX_HEADER = 65536;
/** No program has segments beyond this, nor more in all of them; what claims to is damaged. */
const MAX_FILE = 4 * 1024 ** 3;
const PAGE_MASK = 0xfffn;

/** Reads a range of the process's memory in pieces; what cannot be had is left out. Offsets count from `start`. */
export type RangeReader = (start: bigint, end: bigint) => Iterable<MemoryChunk>;

/** A part of the file and where it lies. */
export interface LoadedSegment {
  readonly start: bigint;
  /** Bytes in the file. */
  readonly fileSize: number;
  /** Bytes in memory, what the file does not fill (bss) included. */
  readonly memorySize: number;
  /** Offset in the file. */
  readonly offset: number;
}

export interface MappedElf {
  /** The area that begins with the ELF header. */
  readonly area: MemoryArea;
  readonly elf: ElfFile;
  /** What was added to the addresses in the file. */
  readonly bias: bigint;
  readonly segments: readonly LoadedSegment[];
  /** First address behind the last segment, rounded up to a page. */
  readonly end: bigint;
  /** Size of the file as far as its segments reach. */
  readonly fileSize: number;
}

/** The ELF image that begins at the start of `area`; undefined when none does. */
export function mappedElf(read: RangeReader, space: AddressSpace, area: MemoryArea): MappedElf | undefined {
  if (!isElf(bytesAt(read, area.start, 16))) return undefined;
  const size = Math.min(Number(area.end - area.start), MAX_HEADER);
  const elf = readElf(bufferSource(bytesAt(read, area.start, size), area.path));
  if (elf === undefined) return undefined;
  let total = 0;
  const loads = elf.segments.filter(({ type, offset, fileSize }) => {
    if (type !== PT_LOAD || offset + fileSize > MAX_FILE || total + fileSize > MAX_FILE) return false;
    total += fileSize;
    return true;
  });
  const [first] = loads.toSorted((a, b) => a.offset - b.offset);
  if (first === undefined) return undefined;
  // The page of the file that `first` begins in was mapped where its address rounded down lies.
  const bias = wrap(space, area.start + BigInt(first.offset) - first.virtual);
  const segments = loads.map(({ virtual, offset, fileSize, memorySize }) => ({
    start: wrap(space, virtual + bias),
    fileSize,
    memorySize: Math.max(memorySize, fileSize),
    offset,
  }));
  let last = 0n;
  for (const { start, memorySize } of segments) {
    const end = start + BigInt(memorySize);
    if (end > last) last = end;
  }
  return {
    area,
    elf,
    bias,
    segments,
    end: (last + PAGE_MASK) & ~PAGE_MASK,
    fileSize: Math.max(...segments.map(({ offset, fileSize }) => offset + fileSize)),
  };
}

/** Bytes of the segments that are in the file and cannot be had. */
export function missingBytes(read: RangeReader, { segments }: MappedElf): number {
  let missing = 0;
  for (const { start, fileSize } of segments) {
    missing += fileSize;
    for (const { bytes } of read(start, start + BigInt(fileSize))) missing -= bytes.length;
  }
  return missing;
}

/** The rebuilt file: what can be had of each segment, at its offset in the file. Section headers are not claimed. */
export function* elfFileChunks(read: RangeReader, image: MappedElf): Generator<MemoryChunk> {
  for (const { start, fileSize, offset } of image.segments) {
    for (const chunk of read(start, start + BigInt(fileSize))) {
      const at = offset + chunk.offset;
      yield at === 0 ? { offset: 0, bytes: withoutSections(chunk.bytes, image) } : { offset: at, bytes: chunk.bytes };
    }
  }
}

/** Offset and size of e_shoff, and offset of e_shnum (e_shstrndx follows), by class: gABI, "ELF Header". */
const SECTION_FIELDS = {
  32: { shoff: 0x20, size: 4, shnum: 0x30 },
  64: { shoff: 0x28, size: 8, shnum: 0x3c },
} as const;

/** The header without its section table where that lies beyond the segments, so that tools do not look for it. */
function withoutSections(bytes: Uint8Array, { elf, fileSize }: MappedElf): Uint8Array {
  if (elf.header.sectionOffset < fileSize) return bytes;
  const { shoff, size, shnum } = SECTION_FIELDS[elf.bits];
  const copy = bytes.slice();
  copy.fill(0, shoff, shoff + size);
  copy.fill(0, shnum, shnum + 4);
  return copy;
}

function wrap(space: AddressSpace, address: bigint): bigint {
  return BigInt.asUintN(space.pointerSize * 8, address);
}

/** A range as bytes; what cannot be had reads as zeros. */
function bytesAt(read: RangeReader, start: bigint, length: number): Uint8Array {
  const target = new Uint8Array(length);
  for (const { offset, bytes } of read(start, start + BigInt(length))) target.set(bytes, offset);
  return target;
}
