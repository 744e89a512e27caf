/**
 * Finds a byte pattern in physical memory.
 *
 * Not the scanner behind `strings` or `yara`: one literal pattern, first hits wanted.
 */
import type { PhysicalAddress } from '../../core/address.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { scanChunks } from '../../memory/scan-chunks.js';

/** Physical addresses at which `pattern` occurs, ascending. A pattern that crosses a hole is not found. */
export function* scanPhysical(
  memory: PhysicalMemory,
  pattern: Uint8Array,
  start: PhysicalAddress = 0,
  end: PhysicalAddress = memory.end,
): Generator<PhysicalAddress> {
  for (const { address, bytes } of scanChunks(memory, { overlap: pattern.length - 1, start, end })) {
    const window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let hit = window.indexOf(pattern); hit >= 0; hit = window.indexOf(pattern, hit + 1)) yield address + hit;
  }
}
