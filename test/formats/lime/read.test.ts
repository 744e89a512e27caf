import { describe, expect, test } from 'vitest';
import { guestRange, holedGuest } from '../builders/guest.js';
import { buildLime } from '../builders/lime.js';
import { expectGuest, openBytes } from '../open-bytes.js';

describe('LiME', () => {
  test('gives every range at its address', async () => {
    const memory = await openBytes(buildLime(holedGuest));
    expect(memory.format).toBe('LiME');
    expect(memory.notes).toEqual([]);
    expectGuest(memory, holedGuest);
  });

  test('truncated inside a range keeps what is there', async () => {
    const [first, second] = holedGuest;
    const file = buildLime([first!, second!]);
    const memory = await openBytes(file.subarray(0, file.length - 5000));
    expect(memory.notes).toEqual(['the file is truncated: 5000 bytes of the range at 0x100000 are missing']);
    expectGuest(memory, [first!, { start: second!.start, bytes: second!.bytes.subarray(0, -5000) }]);
  });

  test('truncated inside a header keeps the ranges before', async () => {
    const file = buildLime(holedGuest.slice(0, 2));
    const cut = 32 + holedGuest[0]!.bytes.length + 10;
    const memory = await openBytes(file.subarray(0, cut));
    expect(memory.notes).toEqual([`the file ends inside a range header at offset ${cut - 10}`]);
    expectGuest(memory, holedGuest.slice(0, 1));
  });

  test('stops at a header that is none', async () => {
    const file = buildLime(holedGuest);
    const at = 32 + holedGuest[0]!.bytes.length;
    file.write('Oops', at);
    const memory = await openBytes(file);
    expect(memory.notes).toEqual([`no LiME header at file offset ${at}: what follows is not read`]);
    expectGuest(memory, holedGuest.slice(0, 1));
  });

  test('lets the earlier of two overlapping ranges win', async () => {
    const [a, b] = [guestRange(0x1000, 0x5000), guestRange(0x100000, 0x104000)];
    const memory = await openBytes(buildLime([a, { start: 0x3000, bytes: b.bytes }]));
    expectGuest(memory, [{ start: 0x1000, bytes: Buffer.concat([a.bytes, b.bytes.subarray(0x2000)]) }]);
  });

  test('without memory in it is refused', async () => {
    const file = buildLime([{ start: 0, bytes: Buffer.alloc(4096) }]).subarray(0, 32);
    await expect(openBytes(file)).rejects.toThrow('a LiME file without memory in it');
  });

  test('with an end before its start is refused, not followed', async () => {
    const file = buildLime([guestRange(0, 0x1000)]);
    file.writeBigUInt64LE(0x5000n, 8);
    await expect(openBytes(file)).rejects.toThrow('a LiME file without memory in it');
  });
});
