/**
 * Finds a byte pattern in physical memory, range by range, through one buffer.
 *
 * Not the scanner behind `strings` or `yara`: one literal pattern, first hits wanted.
 */
import type { PhysicalAddress } from '../../core/address.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';

const CHUNK = 4 * 1024 * 1024;
const PAGE = 4096;

/**
 * Physical addresses at which `pattern` occurs, ascending. A pattern that crosses a hole is not found. Holes inside
 * of a range (pages that the image lacks) are stepped over a page at a time.
 */
export function* scanPhysical(
  memory: PhysicalMemory,
  pattern: Uint8Array,
  start: PhysicalAddress = 0,
  end: PhysicalAddress = memory.end,
): Generator<PhysicalAddress> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(end - start, pattern.length)));
  for (const range of memory.ranges) {
    const last = Math.min(range.end, end);
    let at = Math.max(range.start, start);
    while (at + pattern.length <= last) {
      const length = memory.read(at, buffer.subarray(0, Math.min(buffer.length, last - at)));
      const found = buffer.subarray(0, length);
      for (let hit = found.indexOf(pattern); hit >= 0; hit = found.indexOf(pattern, hit + 1)) yield at + hit;
      // Overlap, so that a pattern across two chunks is seen; once the rest is shorter than it, step over the gap.
      if (length < pattern.length) at = (Math.floor((at + length) / PAGE) + 1) * PAGE;
      else at += length - pattern.length + 1;
    }
  }
}
