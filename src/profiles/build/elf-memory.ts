/**
 * The loadable segments of a kernel's ELF file as memory, so that what is found in images by content is found in the
 * file as well. Addresses are "physical" as far as readers care: virtual addresses minus `slide`.
 */
import type { ByteSource } from '../../formats/byte-source.js';
import type { ElfFile } from '../../formats/elf/elf-file.js';
import { segmentType } from '../../formats/elf/layout.js';
import { readBytes } from '../../formats/sources/read-bytes.js';
import type { PhysicalMemory, PhysicalRange } from '../../memory/physical-memory.js';

interface Segment {
  readonly address: bigint;
  readonly bytes: Buffer;
}

/** No kernel segment comes near this; a forged size is cut to it. */
const MAX_SEGMENT = 256 * 1024 * 1024;
const PAGE = 4096;
/** Below lies user space in every split. */
const LOWEST_KERNEL = 0x4000_0000n;

export class ElfMemory implements PhysicalMemory {
  readonly format = 'ELF file';
  readonly registers = [];
  readonly vmcoreinfo = undefined;
  readonly notes = [];
  readonly segments: readonly Segment[];
  /** Lowest segment address. */
  readonly slide: bigint;

  constructor(source: ByteSource, elf: ElfFile) {
    // amd64 kernels have one segment at address 0 that holds the initial per-CPU data; it is no part of the image.
    const loaded = elf.segments.filter(
      ({ type, fileSize, virtual }) => type === segmentType.load && fileSize > 0 && virtual >= LOWEST_KERNEL,
    );
    this.segments = loaded.map(({ offset, fileSize, virtual }) => {
      const bytes = readBytes(source, offset, Math.min(fileSize, MAX_SEGMENT));
      return { address: virtual, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
    });
    const addresses = this.segments.map(({ address }) => address);
    this.slide = addresses.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? 0n;
  }

  get ranges(): readonly PhysicalRange[] {
    return this.segments.map((segment) => {
      const start = Number(segment.address - this.slide);
      return { start, end: start + segment.bytes.length };
    });
  }

  get end(): number {
    return Math.max(0, ...this.ranges.map(({ end }) => end));
  }

  read(address: number, target: Uint8Array): number {
    for (const segment of this.segments) {
      const offset = address - Number(segment.address - this.slide);
      if (offset < 0 || offset >= segment.bytes.length) continue;
      const part = segment.bytes.subarray(offset, offset + target.length);
      target.set(part);
      return part.length;
    }
    return 0;
  }

  page(frame: number): Uint8Array | undefined {
    const page = new Uint8Array(PAGE);
    return this.read(frame * PAGE, page) === PAGE ? page : undefined;
  }

  close(): void {}

  /** The `Linux version …` line with a build number; empty when there is none. */
  banner(): string {
    for (const { bytes } of this.segments) {
      for (let at = bytes.indexOf('Linux version '); at >= 0; at = bytes.indexOf('Linux version ', at + 1)) {
        const text = bytes.toString('latin1', at, at + 1024).split(/[\n\0]/, 1)[0] ?? '';
        if (/^Linux version \d\S* .* #\d/.test(text)) return text;
      }
    }
    return '';
  }
}
