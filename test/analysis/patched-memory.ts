/** Physical memory with some bytes replaced: what an image would be had the guest, or an intruder, changed one thing. */
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';

const PAGE = 4096;

export interface Patch {
  readonly physical: number;
  readonly bytes: readonly number[];
}

/** `memory` with `patches` over it; none of them crosses a page. */
export function patchedMemory(memory: PhysicalMemory, patches: readonly Patch[]): PhysicalMemory {
  const pages = new Map<number, Uint8Array>();
  for (const { physical, bytes } of patches) {
    const frame = Math.floor(physical / PAGE);
    const page = pages.get(frame) ?? memory.page(frame)?.slice();
    if (page === undefined) throw new Error(`no page at ${physical}`);
    page.set(bytes, physical % PAGE);
    pages.set(frame, page);
  }
  const page = (frame: number) => pages.get(frame) ?? memory.page(frame);
  const read = (address: number, target: Uint8Array): number => {
    let got = 0;
    while (got < target.length) {
      const at = address + got;
      const bytes = page(Math.floor(at / PAGE))?.subarray(at % PAGE, (at % PAGE) + target.length - got);
      if (bytes === undefined) break;
      target.set(bytes, got);
      got += bytes.length;
    }
    return got;
  };
  const { format, ranges, end, registers, vmcoreinfo, notes } = memory;
  return { format, ranges, end, registers, vmcoreinfo, notes, page, read, close: () => {} };
}
