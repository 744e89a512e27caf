import { describe, expect, test } from 'vitest';
import { array, bytes, pad, struct, text, u8, u16, u32, u64, u64n } from '../../src/formats/struct-layout.js';

const pair = struct({ low: u16, high: u16 });
const layout = struct({
  magic: u32,
  _gap: pad(3),
  kind: u8,
  name: text(6),
  pairs: array(pair, 2),
  size: u64n,
  base: u64,
  tail: bytes(2),
});
// Written by hand, byte by byte.
const file = Buffer.from(
  '0d0c0b0a ffffff 07 616263000000 0100 0200 0300 0400 0500000001000000 8877665544332211 aabb'.replaceAll(' ', ''),
  'hex',
);
const value = {
  magic: 0x0a0b0c0d,
  kind: 7,
  name: 'abc',
  pairs: [
    { low: 1, high: 2 },
    { low: 3, high: 4 },
  ],
  size: 0x1_0000_0005,
  base: 0x1122_3344_5566_7788n,
  tail: Uint8Array.of(0xaa, 0xbb),
};

describe('struct', () => {
  test('reads every field at its place, padding left out', () => {
    expect(layout.size).toBe(file.length);
    expect(layout.offsets.pairs).toBe(14);
    expect(layout.decode(file)).toEqual(value);
    expect(layout.decode(Buffer.concat([Buffer.alloc(5), file]), 5)).toEqual(value);
  });

  test('writes what it reads, padding as zeros', () => {
    const written = Buffer.from(file);
    written.fill(0, 4, 7);
    expect(Buffer.from(layout.encode(value))).toEqual(written);
  });

  test('gives nothing when the bytes end too early', () => {
    expect(layout.decode(file.subarray(0, -1))).toBeUndefined();
    expect(layout.decode(file, 1)).toBeUndefined();
  });

  test('reads big-endian when told', () => {
    const big = struct({ a: u16, b: u32, c: u64n }, 'big');
    expect(big.decode(Buffer.from('010203040506000000010000000a', 'hex'))).toEqual({
      a: 0x0102,
      b: 0x03040506,
      c: 0x1_0000_000a,
    });
  });

  test('keeps huge sizes huge', () => {
    expect(struct({ size: u64n }).decode(Buffer.alloc(8, 0xff))?.size).toBeGreaterThan(2 ** 63);
  });
});
