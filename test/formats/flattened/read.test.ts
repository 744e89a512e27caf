import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../builders/byte-writer.js';
import { buildElfCore } from '../builders/elf-core.js';
import { guestRange, holedGuest } from '../builders/guest.js';
import { buildKdump, flatten } from '../builders/kdump.js';
import { expectGuest, openBytes } from '../open-bytes.js';

const guest = holedGuest.slice(0, 2);

describe('flattened dump', () => {
  test('of kdump, pieces in any order', async () => {
    const file = buildKdump(guest);
    for (const order of [(n: number[]) => n, (n: number[]) => [...n].reverse()]) {
      const memory = await openBytes(flatten(file, 10_000, order));
      expect(memory.format).toBe('kdump');
      expect(memory.notes).toEqual([]);
      expectGuest(memory, guest);
    }
  });

  test('of an ELF core', async () => {
    const file = buildElfCore(guest.map(({ start, bytes }) => ({ physical: BigInt(start), bytes })));
    expectGuest(await openBytes(flatten(file)), guest);
  });

  test('truncated keeps what came before', async () => {
    const range = guestRange(0, 0x40000);
    const file = flatten(buildElfCore([{ physical: 0n, bytes: range.bytes }]), 0x1000);
    const memory = await openBytes(file.subarray(0, file.length - 0x20000));
    expect(memory.notes[0]).toBe('the flattened dump is truncated: its end mark is missing');
    expect(memory.notes[1]).toMatch(/^the file is truncated: \d+ bytes of memory are missing$/);
    const { end } = memory.ranges[0]!;
    expectGuest(memory, [{ start: 0, bytes: range.bytes.subarray(0, end) }]);
    expect(end).toBeGreaterThan(0x1f000);
  });

  test('that would rebuild into a giant file is not believed', async () => {
    const range = guestRange(0, 0x10000);
    const file = flatten(buildElfCore([{ physical: 0n, bytes: range.bytes }]));
    const far = new ByteWriter('big')
      .u64(2 ** 45, 5)
      .text('trap!')
      .u64(-1n, -1n)
      .done();
    expectGuest(await openBytes(Buffer.concat([file.subarray(0, -16), far])), [range]);
    await expect(openBytes(Buffer.concat([file.subarray(0, 4096), far]))).rejects.toThrow('without data in it');
  });

  test('with nothing in it is refused', async () => {
    await expect(openBytes(flatten(Buffer.alloc(0)).subarray(0, 4096))).rejects.toThrow(
      'a flattened dump without data in it',
    );
  });
});
