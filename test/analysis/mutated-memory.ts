/**
 * Physical memory with damage that a hostile or torn image could have: words exchanged, pointed at themselves, set to
 * ones or to noise. Which words is decided by a seed and the page's number, so that a failure can be had again.
 */
import { u64 } from '../../src/core/bytes.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';

const PAGE = 4096;
const WORDS = PAGE / 8;

/** mulberry32: a small generator of well-mixed 32-bit numbers. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Damages words of a page in place. */
function damage(page: Uint8Array, random: () => number, count: number): void {
  const view = new DataView(page.buffer, page.byteOffset, PAGE);
  for (let done = 0; done < count; done++) {
    const at = (random() % WORDS) * 8;
    const other = (random() % WORDS) * 8;
    const value = u64(page, at);
    const kinds = [
      () => {
        view.setBigUint64(at, u64(page, other), true);
        view.setBigUint64(other, value, true);
      },
      // A pointer into the page it lies in: cycles.
      () => view.setBigUint64(at, (value & ~0xfffn) | BigInt(other), true),
      () => view.setBigUint64(at, 0xffff_ffff_ffff_ffffn, true),
      () => view.setBigUint64(at, (BigInt(random()) << 32n) | BigInt(random()), true),
      () => view.setUint8(at + (random() & 7), random() & 0xff),
      () => view.setBigUint64(at, 0n, true),
    ];
    kinds[random() % kinds.length]!();
  }
}

/**
 * `memory` with about `perMille` of a thousand pages damaged in `count` words each.
 * @param spared says which page frames stay as they are (page tables, say)
 */
export function mutatedMemory(
  memory: PhysicalMemory,
  seed: number,
  perMille: number,
  count: number,
  spared: (frame: number) => boolean = () => false,
): PhysicalMemory {
  const page = (frame: number): Uint8Array | undefined => {
    const original = memory.page(frame);
    if (original === undefined || spared(frame)) return original;
    const random = randomFrom(seed * 0x9e3779b1 + frame);
    if (random() % 1000 >= perMille) return original;
    const copy = original.slice();
    damage(copy, random, count);
    return copy;
  };
  const read = (address: number, target: Uint8Array): number => {
    let got = 0;
    while (got < target.length) {
      const at = address + got;
      const bytes = page(Math.floor(at / PAGE));
      if (bytes === undefined) break;
      const part = bytes.subarray(at % PAGE, (at % PAGE) + target.length - got);
      target.set(part, got);
      got += part.length;
    }
    return got;
  };
  return {
    format: memory.format,
    ranges: memory.ranges,
    end: memory.end,
    registers: memory.registers,
    vmcoreinfo: memory.vmcoreinfo,
    notes: memory.notes,
    read,
    page,
    close: () => {},
  };
}
