import fc from 'fast-check';
import { compress } from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { snappyDecompress } from '../../../src/formats/codecs/snappy.js';
import { ByteWriter } from '../builders/byte-writer.js';

/** Text with repetitions near and far, and noise. */
const plain = fc
  .array(fc.record({ unit: fc.uint8Array({ minLength: 1, maxLength: 40 }), times: fc.integer({ min: 1, max: 200 }) }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((parts) => Buffer.concat(parts.flatMap(({ unit, times }) => new Array<Uint8Array>(times).fill(unit))));

describe('snappyDecompress', () => {
  test('decodes what another implementation compressed', () => {
    fc.assert(
      fc.property(plain, (bytes) => {
        const packed = compress(new Uint8Array(bytes));
        const output = new Uint8Array(bytes.length + 10);
        expect(snappyDecompress(packed, output)).toBe(bytes.length);
        expect(bytes.equals(output.subarray(0, bytes.length))).toBe(true);
        expect(snappyDecompress(packed, new Uint8Array(bytes.length - 1))).toBe(-1);
        expect(snappyDecompress(packed.subarray(0, -1), output)).toBe(-1);
      }),
      { numRuns: 500 },
    );
  });

  test('decodes every kind of element', () => {
    // By hand from format_description.txt: literals with 0, 1, 2, 3 and 4 length bytes, copies with 1, 2 and 4.
    const stream = new ByteWriter()
      .u8(45)
      .u8(4 << 2)
      .text('abcde')
      .u8(60 << 2, 1)
      .text('fg')
      .u8(61 << 2, 0, 0)
      .text('h')
      .u8(62 << 2, 0, 0, 0)
      .text('i')
      .u8(63 << 2, 1, 0, 0, 0)
      .text('jk')
      .u8(((4 - 4) << 2) | 1, 11)
      .u8(((20 - 1) << 2) | 2, 3, 0)
      .u8(((10 - 1) << 2) | 3, 35, 0, 0, 0)
      .done();
    const output = Buffer.alloc(45);
    expect(snappyDecompress(stream, output)).toBe(45);
    expect(output.toString('latin1')).toBe('abcdefghijkabcdbcdbcdbcdbcdbcdbcdbcabcdefghij');
  });

  test('gives up on a literal of a negative 32-bit length', () => {
    const stream = Buffer.from([0x10, 63 << 2, 0xfa, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
    expect(snappyDecompress(stream, new Uint8Array(100))).toBe(-1);
  });

  test('never reads or writes outside, whatever the input', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 300 }), (input, room) => {
        const written = snappyDecompress(input, new Uint8Array(room));
        expect(written).toBeGreaterThanOrEqual(-1);
        expect(written).toBeLessThanOrEqual(room);
      }),
      { numRuns: 5000 },
    );
  });
});
