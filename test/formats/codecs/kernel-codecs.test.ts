/** LZMA, XZ with the x86 filter, LZ4 legacy frames and lzop files, made by the tools that kernels are packed with. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lz4LegacyDecompress } from '../../../src/formats/codecs/lz4.js';
import { lzmaDecompress } from '../../../src/formats/codecs/lzma.js';
import { lzopDecompress } from '../../../src/formats/codecs/lzop.js';
import { xzDecompress } from '../../../src/formats/codecs/xz-block.js';

type Codec = (input: Uint8Array, output: Uint8Array) => number;

const COMMANDS: readonly (readonly [name: string, command: readonly string[], decode: Codec])[] = [
  ['xz, x86 filter, CRC32', ['xz', '-c', '--check=crc32', '--x86', '--lzma2=preset=6,lc=4,pb=2'], xzDecompress],
  ['xz, CRC64', ['xz', '-c', '-1'], xzDecompress],
  ['xz, several blocks', ['xz', '-c', '-1', '--block-size=100000', '--check=crc32', '--x86', '--lzma2'], xzDecompress],
  ['xz, no check', ['xz', '-c', '-0', '--check=none'], xzDecompress],
  ['lzma', ['xz', '-c', '--format=lzma', '-9'], lzmaDecompress],
  ['lzma, other contexts', ['xz', '-c', '--format=lzma', '--lzma1=lc=0,lp=2,pb=0'], lzmaDecompress],
  ['lz4 legacy', ['lz4', '-l', '-9', '-c'], lz4LegacyDecompress],
  ['lzop -9', ['lzop', '-9', '-c'], lzopDecompress],
  ['lzop -1', ['lzop', '-1', '-c'], lzopDecompress],
];

/** Machine code (this Node itself), so that the branch filter has something to do; text; noise; nothing. */
const node = readFileSync(process.execPath);
const CONTENTS: readonly (readonly [string, Uint8Array])[] = [
  ['code', node.subarray(20 << 20, (20 << 20) + 1_500_000)],
  ['zeros', new Uint8Array(300_000)],
  ['text', new TextEncoder().encode('a kernel is a kernel is a kernel. '.repeat(20_000))],
  ['noise', Uint8Array.from({ length: 70_000 }, (_, i) => (Math.imul(i, 0x9e3779b1) ^ (i >> 3)) >>> 11)],
  ['one byte', Uint8Array.of(0x42)],
];

function pack(command: readonly string[], data: Uint8Array): Uint8Array | undefined {
  const [program, ...args] = command;
  const result = spawnSync(program as string, args, { input: data, maxBuffer: 1 << 26 });
  return result.status === 0 ? new Uint8Array(result.stdout) : undefined;
}

const available = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

describe.each(COMMANDS)('%s', (_name, command, decode) => {
  const has = available(command[0] as string);

  test.skipIf(!has).each(CONTENTS)('unpacks %s', (_content, data) => {
    const packed = pack(command, data) as Uint8Array;
    const output = new Uint8Array(data.length);
    expect(decode(packed, output)).toBe(data.length);
    expect(Buffer.compare(output, data)).toBe(0);
  });

  test.skipIf(!has)('answers damaged and truncated data with -1 or wrong bytes, never by throwing or hanging', () => {
    const data = node.subarray(20 << 20, (20 << 20) + 20_000);
    const packed = pack(command, data) as Uint8Array;
    const output = new Uint8Array(data.length);
    expect(decode(packed.subarray(0, packed.length >> 1), output)).toBe(-1);
    fc.assert(
      fc.property(fc.nat({ max: packed.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = packed.slice();
        damaged[at] = (damaged[at] as number) ^ flip;
        const written = decode(damaged, output);
        expect(written >= -1 && written <= output.length).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(decode(packed, output.subarray(0, output.length - 1))).toBe(-1);
  });
});

test('an XZ file whose check does not fit is damaged', () => {
  const data = node.subarray(20 << 20, (20 << 20) + 20_000);
  const packed = pack(['xz', '-c', '--check=crc32'], data);
  if (packed === undefined) return;
  // The check lies right before the index, which ends 12 bytes of footer before the end.
  const index =
    packed.length - 12 - (new DataView(packed.buffer, packed.byteOffset).getUint32(packed.length - 8, true) + 1) * 4;
  packed[index - 1] = (packed[index - 1] as number) ^ 1;
  expect(xzDecompress(packed, new Uint8Array(data.length))).toBe(-1);
});
