import { describe, expect, test } from 'vitest';
import { buildAvml } from '../builders/avml.js';
import { guestRange, holedGuest } from '../builders/guest.js';
import { expectContents, expectGuest, openBytes } from '../open-bytes.js';

describe('AVML', () => {
  test('gives every range, from compressed and stored chunks', async () => {
    const memory = await openBytes(buildAvml(holedGuest));
    expect(memory.format).toBe('AVML (snappy)');
    expect(memory.notes).toEqual([]);
    expectGuest(memory, holedGuest);
  });

  test('reads backwards and across chunks as well', async () => {
    const guest = guestRange(0, 0x40000);
    const memory = await openBytes(buildAvml([guest]));
    for (const address of [0x3fff0, 0x2fff8, 0x1fff8, 0xfff8]) {
      const target = Buffer.alloc(16);
      expect(memory.read(address, target)).toBe(16);
      expect(target).toEqual(guest.bytes.subarray(address, address + 16));
    }
  });

  test('truncated keeps the chunks that are whole', async () => {
    const guest = guestRange(0, 0x40000);
    const file = buildAvml([guest]);
    const memory = await openBytes(file.subarray(0, file.length - 1000));
    expect(memory.notes).toEqual(['the file is truncated: memory from 0x30000 on is missing']);
    expectGuest(memory, [{ start: 0, bytes: guest.bytes.subarray(0, 0x30000) }]);
  });

  test('a damaged chunk costs that chunk only', async () => {
    const guest = guestRange(0, 0x30000);
    const file = buildAvml([guest]);
    // The second chunk: its compressed data begins with the length 65536 (80 80 04); a copy from nowhere follows now.
    const second = file.indexOf(Buffer.from([0x80, 0x80, 0x04]), file.indexOf(Buffer.from([0x80, 0x80, 0x04])) + 3);
    file.fill(0xff, second + 3, second + 40);
    expectContents(await openBytes(file), [
      { start: 0, bytes: guest.bytes.subarray(0, 0x10000) },
      { start: 0x20000, bytes: guest.bytes.subarray(0x20000) },
    ]);
  });

  test('of overlapping ranges keeps one', async () => {
    const range = guestRange(0, 0x20000);
    const memory = await openBytes(buildAvml([range, { start: 0x8000, bytes: range.bytes.subarray(0, 0x10000) }]));
    expect(memory.notes).toEqual(['ranges overlap: where they do, one of them is left out']);
    expectGuest(memory, [range]);
  });
});
