import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImageMemory } from '../../src/formats/image/image-memory.js';
import { scanChunks } from '../../src/memory/scan-chunks.js';

const PAGE = 4096;

/** Two ranges of ten pages with a hole, the pages in `damaged` unreadable; each byte tells its address. */
function memoryWith(damaged: ReadonlySet<number>): ImageMemory {
  return new ImageMemory({
    format: 'model',
    ranges: [
      { start: 0, end: 10 * PAGE },
      { start: 20 * PAGE, end: 30 * PAGE },
    ],
    read(address, target) {
      let i = 0;
      for (; i < target.length && !damaged.has(Math.floor((address + i) / PAGE)); i++)
        target[i] = (address + i) * 7 + ((address + i) >> 8);
      return i;
    },
  });
}

describe('scanChunks', () => {
  test('hands out every readable byte once, and the overlap again', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 29 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 3 * PAGE }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 31 * PAGE }),
        fc.integer({ min: 0, max: 31 * PAGE }),
        (damaged, chunk, overlap, start, end) => {
          const bad = new Set(damaged);
          const seenAddresses: number[] = [];
          let last = { end: -1, length: 0 };
          for (const { address, bytes, seen } of scanChunks(memoryWith(bad), { chunk, overlap, start, end })) {
            // The overlap is there exactly where memory went on.
            expect(seen).toBe(address + seen === last.end ? Math.min(overlap, last.length) : 0);
            for (let i = 0; i < bytes.length; i++)
              if (bytes[i] !== (((address + i) * 7 + ((address + i) >> 8)) & 0xff)) expect.fail('wrong byte');
            for (let i = seen; i < bytes.length; i++) seenAddresses.push(address + i);
            last = { end: address + bytes.length, length: bytes.length };
          }
          const expected: number[] = [];
          for (let a = start; a < Math.min(end, 30 * PAGE); a++)
            if (!bad.has(Math.floor(a / PAGE)) && (a < 10 * PAGE || a >= 20 * PAGE)) expected.push(a);
          expect(seenAddresses).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });
});
