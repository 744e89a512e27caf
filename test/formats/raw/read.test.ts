import { describe, expect, test } from 'vitest';
import { openSource } from '../../../src/formats/open-image.js';
import { plainGuest } from '../builders/guest.js';
import { expectGuest, openBytes } from '../open-bytes.js';

const { bytes } = plainGuest[0]!;

describe('raw', () => {
  test('is what the file is', async () => {
    const memory = await openBytes(bytes);
    expect(memory.format).toBe('raw');
    expect(memory.notes).toEqual([]);
    expectGuest(memory, plainGuest);
  });

  test('of an odd length ends in part of a page, which can be read and is no page', async () => {
    const cut = bytes.subarray(0, 3 * 4096 + 100);
    const memory = await openBytes(cut);
    expectGuest(memory, [{ start: 0, bytes: Buffer.from(cut) }]);
    expect(memory.read(3 * 4096 + 50, new Uint8Array(100))).toBe(50);
  });

  test('that is a large memory of VMware without its state says what is wrong with it', async () => {
    const open = (name: string, size: number) =>
      openSource({ name, size, read: () => 0, close: () => {} }, { options: { format: 'raw' }, path: name });
    expect((await open('big.vmem', 4 * 2 ** 30)).notes).toEqual([expect.stringMatching(/above 3 GiB is at wrong/)]);
    expect((await open('small.vmem', 2 * 2 ** 30)).notes).toEqual([]);
    expect((await open('big.raw', 4 * 2 ** 30)).notes).toEqual([]);
  });

  test('too small to be anything is refused', async () => {
    await expect(openBytes(Buffer.from('hello'))).rejects.toThrow('image: is too small to be a memory image (5 bytes)');
  });
});
