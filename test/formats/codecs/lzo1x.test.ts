import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lzo1xDecompress } from '../../../src/formats/codecs/lzo1x.js';
import { guestPage } from '../builders/guest.js';
import { assembleLzo } from '../builders/lzo.js';

const literals = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
const distance = fc.oneof(
  fc.integer({ min: 1, max: 2100 }),
  fc.integer({ min: 2049, max: 3072 }),
  fc.integer({ min: 1, max: 49151 }),
);
const length = fc.oneof(fc.integer({ min: 2, max: 10 }), fc.integer({ min: 2, max: 700 }));
const step = fc.record({
  literals: fc.oneof(literals(0, 3), literals(4, 20), literals(0, 600)),
  match: fc.record({ distance, length }),
});

/** The blocks of an lzop file (lzop's conf.h and header layout): sizes, checksum, LZO1X data. */
function lzopBlocks(file: Buffer): { size: number; data: Buffer }[] {
  const blocks = [];
  // Magic 9, versions 2+2+2, method 1, level 1, flags 4, mode 4, mtime 8, name length 1, name, checksum 4.
  const flags = file.readUInt32BE(17);
  let at = 33 + 1 + (file[33] as number) + 4;
  for (let size = file.readUInt32BE(at); size > 0; size = file.readUInt32BE(at)) {
    const packed = file.readUInt32BE(at + 4);
    at += 8 + (flags & 0x01 ? 4 : 0) + (flags & 0x100 ? 4 : 0);
    if (packed < size) at += (flags & 0x02 ? 4 : 0) + (flags & 0x200 ? 4 : 0);
    blocks.push({ size, data: file.subarray(at, at + packed) });
    at += packed;
  }
  return blocks;
}

describe('lzo1xDecompress', () => {
  test('decodes every kind of instruction', () => {
    fc.assert(
      fc.property(literals(1, 300), fc.array(step, { maxLength: 60 }), (first, steps) => {
        const { stream, plain } = assembleLzo([{ literals: first, match: { distance: 1, length: 3 } }, ...steps]);
        const output = new Uint8Array(plain.length);
        expect(lzo1xDecompress(stream, output)).toBe(plain.length);
        expect(plain.equals(output)).toBe(true);
        // Not a byte less of room, and not a byte less of input.
        expect(lzo1xDecompress(stream, new Uint8Array(plain.length - 1))).toBe(-1);
        expect(lzo1xDecompress(stream.subarray(0, -1), output)).toBe(-1);
      }),
      { numRuns: 2000 },
    );
  });

  test('reaches far distances', () => {
    const first = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 7919) >> 5);
    for (const far of [16384, 16385, 32767, 32768, 49151]) {
      const { stream, plain } = assembleLzo([
        { literals: first, match: { distance: far, length: 300 } },
        { literals: first.subarray(0, 2), match: { distance: 1000, length: 2 } },
      ]);
      const output = new Uint8Array(plain.length);
      expect(lzo1xDecompress(stream, output)).toBe(50_304);
      expect(plain.equals(output)).toBe(true);
    }
  });

  test.skipIf(spawnSync('lzop', ['--version']).error !== undefined)('decodes what lzop compressed', () => {
    const plain = Buffer.concat(Array.from({ length: 300 }, (_, i) => guestPage(i % 7 === 2 ? i : i | 1)));
    for (const level of ['-1', '-3', '-9']) {
      const { stdout } = spawnSync('lzop', [level, '-c'], { input: plain, maxBuffer: 2 ** 26 });
      const decoded = lzopBlocks(stdout).map(({ size, data }) => {
        const output = Buffer.alloc(size);
        if (data.length === size) return data;
        expect(lzo1xDecompress(data, output)).toBe(size);
        return output;
      });
      expect(Buffer.concat(decoded).equals(plain)).toBe(true);
    }
  });

  test('never reads or writes outside, whatever the input', () => {
    fc.assert(
      fc.property(literals(0, 200), fc.integer({ min: 0, max: 5000 }), (input, room) => {
        const written = lzo1xDecompress(input, new Uint8Array(room));
        expect(written).toBeGreaterThanOrEqual(-1);
        expect(written).toBeLessThanOrEqual(room);
      }),
      { numRuns: 5000 },
    );
  });
});
