/** Opens files that a builder made, and compares what is read with what was put in. */
import { expect } from 'vitest';
import type { OpenOptions } from '../../src/formats/format.js';
import { openSource } from '../../src/formats/open-image.js';
import { bufferSource } from '../../src/formats/sources/buffer-source.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import { scanChunks } from '../../src/memory/scan-chunks.js';
import type { GuestRange } from './builders/guest.js';

export function openBytes(bytes: Uint8Array, options: OpenOptions = {}): Promise<PhysicalMemory> {
  return openSource(bufferSource(bytes, 'image'), { options, path: 'image' });
}

/** Memory as ranges of bytes, through `scanChunks`; neighbours are put together. */
export function contents(memory: PhysicalMemory): GuestRange[] {
  const out: { start: number; bytes: Buffer }[] = [];
  for (const { address, bytes, seen } of scanChunks(memory, { chunk: 50_000 })) {
    const last = out.at(-1);
    const fresh = Buffer.from(bytes.subarray(seen));
    if (last && last.start + last.bytes.length === address + seen) last.bytes = Buffer.concat([last.bytes, fresh]);
    else out.push({ start: address + seen, bytes: fresh });
  }
  return out;
}

/** Expects exactly these readable bytes in `memory`, whatever its ranges say. Compares in bulk: `toEqual` is slow. */
export function expectContents(memory: PhysicalMemory, guest: readonly GuestRange[]): void {
  const got = contents(memory);
  expect(got.map(({ start, bytes }) => [start, bytes.length])).toEqual(
    guest.map(({ start, bytes }) => [start, bytes.length]),
  );
  for (const [i, { bytes }] of guest.entries()) expect(got[i]?.bytes.equals(bytes)).toBe(true);
}

/** Expects exactly `guest` in `memory`: its ranges, its bytes (in bulk and page by page), and nothing beside. */
export function expectGuest(memory: PhysicalMemory, guest: readonly GuestRange[]): void {
  expect(memory.ranges).toEqual(guest.map(({ start, bytes }) => ({ start, end: start + bytes.length })));
  expectContents(memory, guest);
  for (const { start, bytes } of guest) {
    const first = Math.ceil(start / 4096);
    for (let frame = first; (frame + 1) * 4096 <= start + bytes.length; frame++)
      if (
        !Buffer.from(memory.page(frame) ?? []).equals(bytes.subarray(frame * 4096 - start, (frame + 1) * 4096 - start))
      )
        expect.fail(`page ${frame} differs`);
    expect(memory.page(Math.floor((start + bytes.length) / 4096))).toBeUndefined();
  }
}
