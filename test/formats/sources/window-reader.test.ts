import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bufferSource } from '../../../src/formats/sources/buffer-source.js';
import { readBytes } from '../../../src/formats/sources/read-bytes.js';
import { WindowReader } from '../../../src/formats/sources/window-reader.js';

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) ^ (i >> 8)));

test('WindowReader gives what is there, wherever and however much is asked for', () => {
  const views = fc.array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 300_100 }), fc.constant(-1)),
      fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 100_000 })),
    ),
    { maxLength: 50 },
  );
  fc.assert(
    fc.property(views, (list) => {
      const reader = new WindowReader(bufferSource(bytes));
      let end = 0;
      for (const [at, length] of list) {
        // -1 stands for "where the last one ended".
        const offset = at < 0 ? end : at;
        expect(bytes.subarray(offset, offset + length).equals(reader.view(offset, length))).toBe(true);
        end = offset + length;
      }
    }),
    { numRuns: 300 },
  );
});

test('readBytes gives nothing outside, and no more than there is', () => {
  const source = bufferSource(bytes);
  expect(readBytes(source, 299_990, 100)).toHaveLength(10);
  for (const [offset, length] of [
    [300_000, 1],
    [-5, 10],
    [2 ** 60, 8],
    [0, -1],
    [Number.NaN, 8],
    [0, Number.NaN],
  ] as const)
    expect(readBytes(source, offset, length)).toHaveLength(0);
  expect(readBytes(source, 0, 2 ** 60)).toHaveLength(300_000);
});
