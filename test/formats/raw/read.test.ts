import { describe, expect, test } from 'vitest';
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

  test('too small to be anything is refused', async () => {
    await expect(openBytes(Buffer.from('hello'))).rejects.toThrow('image: is too small to be a memory image (5 bytes)');
  });
});
