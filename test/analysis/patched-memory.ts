/** Memory with some bytes changed: what a rootkit, a torn acquisition or a forger would have left. */
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import type { LinuxKernel } from '../../src/objects/linux/kernel.js';
import type { StructView } from '../../src/objects/struct-view.js';

const PAGE_SIZE = 4096;

export interface Patch {
  /** Physical address; the bytes may cross pages. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** `base` with the patches on top. Closing leaves `base` open. */
export function patchedMemory(base: PhysicalMemory, patches: readonly Patch[]): PhysicalMemory {
  const pages = new Map<number, Uint8Array>();
  for (const { address, bytes } of patches) {
    for (const [index, byte] of bytes.entries()) {
      const frame = Math.floor((address + index) / PAGE_SIZE);
      const page = pages.get(frame) ?? base.page(frame)?.slice();
      if (page === undefined) throw new Error(`nothing to patch at ${address}`);
      page[(address + index) % PAGE_SIZE] = byte;
      pages.set(frame, page);
    }
  }
  return {
    format: base.format,
    ranges: base.ranges,
    end: base.end,
    registers: base.registers,
    vmcoreinfo: base.vmcoreinfo,
    notes: base.notes,
    page: (frame) => pages.get(frame) ?? base.page(frame),
    read(address, target) {
      const got = base.read(address, target);
      for (const [frame, page] of pages) {
        const start = frame * PAGE_SIZE;
        const from = Math.max(start, address);
        const to = Math.min(start + PAGE_SIZE, address + got);
        if (from < to) target.set(page.subarray(from - start, to - start), from - address);
      }
      return got;
    },
    close: () => {},
  };
}

/** A patch of the kernel word at a virtual address. */
export function wordPatch(kernel: LinuxKernel, address: bigint, value: bigint): Patch {
  const translation = kernel.space.translate(address);
  if (translation.kind !== 'mapped') throw new Error(`${address.toString(16)} is not mapped`);
  const bytes = new Uint8Array(kernel.space.pointerSize);
  for (const index of bytes.keys()) bytes[index] = Number((value >> BigInt(8 * index)) & 0xffn);
  return { address: translation.physical, bytes };
}

/** Patches that take a structure off a `list_head` list, and leave its own pointers as they are. */
export function unlinked(kernel: LinuxKernel, entry: StructView, member: string): Patch[] {
  const next = entry.ptr(`${member}.next`)!;
  const previous = entry.ptr(`${member}.prev`)!;
  const size = BigInt(kernel.space.pointerSize);
  return [wordPatch(kernel, previous, next), wordPatch(kernel, next + size, previous)];
}
