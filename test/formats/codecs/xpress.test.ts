import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xpressDecompress } from '../../../src/formats/codecs/xpress.js';
import { xpressHuffmanDecompress } from '../../../src/formats/codecs/xpress-huffman.js';
import { hasDebianTool } from '../../support/debian-tool.js';
import { guestRange } from '../builders/guest.js';
import { packXpress, packXpressHuffman } from '../builders/xpress.js';

const fromHex = (digits: string) => Buffer.from(digits.replace(/\s/g, ''), 'hex');
const unpack = (decompress: typeof xpressDecompress, packed: Uint8Array, length: number) => {
  const output = Buffer.alloc(length);
  expect(decompress(packed, output)).toBe(length);
  return output;
};
const METHODS = [
  ['plain', xpressDecompress, packXpress],
  ['Huffman', xpressHuffmanDecompress, packXpressHuffman],
] as const;

describe('the examples of [MS-XCA]', () => {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz';

  it('unpack, plain', () => {
    const packed = fromHex(`3f000000 ${Buffer.from(alphabet).toString('hex')}`);
    expect(unpack(xpressDecompress, packed, 26).toString()).toBe(alphabet);
    const repeated = fromHex('ff ff ff 1f 61 62 63 17 00 0f ff 26 01');
    expect(unpack(xpressDecompress, repeated, 300).toString()).toBe('abc'.repeat(100));
  });

  it('unpack, with Huffman codes', () => {
    const table = Buffer.alloc(256);
    fromHex('50 55 55 55 55 55 55 55 55 55 55 45 44 04').copy(table, 0x30);
    table[0x80] = 4;
    const packed = Buffer.concat([table, fromHex('d8 52 3e d7 94 11 5b e9 19 5f f9 d6 7c df 8d 04 00 00 00 00')]);
    expect(unpack(xpressHuffmanDecompress, packed, 26).toString()).toBe(alphabet);
  });
});

describe.each(METHODS)('Xpress, %s', (_name, decompress, pack) => {
  it('unpacks what was packed: pages of all kinds, long matches, more than one block', () => {
    const noise = guestRange(0x2000, 0x3000).bytes;
    for (const bytes of [
      guestRange(0, 0x10000).bytes,
      guestRange(0x5000, 0x25000).bytes,
      Buffer.alloc(200_000, 'x'),
      Buffer.concat([noise, Buffer.alloc(290), noise, Buffer.alloc(66_000), noise]),
      Buffer.from('a'),
    ]) {
      expect(unpack(decompress, pack(bytes), bytes.length).equals(bytes)).toBe(true);
    }
  });

  it('unpacks any bytes that were packed', () => {
    const words = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(words, fc.array(fc.nat(11), { minLength: 1, maxLength: 300 }), (list, order) => {
        const bytes = Buffer.concat(order.map((index) => list[index % list.length] as Uint8Array));
        expect(unpack(decompress, pack(bytes), bytes.length).equals(bytes)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('ends on damage, whatever it makes of it', () => {
    const whole = pack(guestRange(0, 0x8000).bytes);
    for (let length = 0; length < whole.length; length += 97) {
      const output = Buffer.alloc(0x8000);
      expect(decompress(whole.subarray(0, length), output)).toBeLessThan(0x8000);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(decompress(bytes, Buffer.alloc(5000))).toBeLessThanOrEqual(5000);
      }),
      { numRuns: 300 },
    );
  });
});

describe.skipIf(!hasDebianTool('wimlib-imagex', 'wimtools'))('Xpress with Huffman codes as wimlib packs it', () => {
  it('unpacks', () => {
    const folder = mkdtempSync(join(tmpdir(), 'memlapse-wim-'));
    try {
      const contents = Buffer.concat([
        readFileSync(process.execPath).subarray(0, 700_000),
        guestRange(0, 0x40000).bytes,
      ]);
      mkdirSync(join(folder, 'in'));
      writeFileSync(join(folder, 'in', 'file'), contents);
      const wim = join(folder, 'out.wim');
      execFileSync('wimlib-imagex', ['capture', join(folder, 'in'), wim, '--compress=XPRESS', '--chunk-size=32768'], {
        stdio: 'pipe',
      });
      const { bytes, packedChunks } = unpackFile(readFileSync(wim), contents.length);
      expect(packedChunks).toBeGreaterThan(20);
      expect(bytes.equals(contents)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const CHUNK = 32_768;

/** The file of this size in a WIM archive: found in its table of streams, unpacked chunk by chunk. */
function unpackFile(wim: Buffer, size: number): { bytes: Buffer; packedChunks: number } {
  const tableAt = Number(wim.readBigUInt64LE(0x30 + 8));
  const tableSize = Number(wim.readBigUInt64LE(0x30) & 0xff_ffff_ffff_ffffn);
  for (let at = tableAt; at < tableAt + tableSize; at += 50) {
    if (Number(wim.readBigUInt64LE(at + 16)) !== size) continue;
    const packedSize = Number(wim.readBigUInt64LE(at) & 0xff_ffff_ffff_ffffn);
    const start = Number(wim.readBigUInt64LE(at + 8));
    const count = Math.ceil(size / CHUNK);
    const dataAt = start + (count - 1) * 4;
    const offsets = Array.from({ length: count }, (_, index) =>
      index === 0 ? 0 : wim.readUInt32LE(start + (index - 1) * 4),
    );
    let packedChunks = 0;
    const parts = offsets.map((offset, index) => {
      const end = index + 1 < count ? dataAt + (offsets[index + 1] as number) : start + packedSize;
      const packed = wim.subarray(dataAt + offset, end);
      const length = Math.min(CHUNK, size - index * CHUNK);
      if (packed.length === length) return packed;
      packedChunks++;
      return unpack(xpressHuffmanDecompress, packed, length);
    });
    return { bytes: Buffer.concat(parts), packedChunks };
  }
  throw new Error('the file is not in the archive');
}
