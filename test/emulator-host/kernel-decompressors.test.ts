/** What was unpacked once is remembered: the same bytes come back, and only for the same packed data. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadKernelDecompressors } from '../../src/emulator-host/kernel-decompressors.js';

const data = readFileSync(process.execPath).subarray(20 << 20, (20 << 20) + 200_000);
const pack = (args: readonly string[], input: Uint8Array): Uint8Array =>
  new Uint8Array(spawnSync('xz', ['-c', ...args], { input, maxBuffer: 1 << 24 }).stdout);

test.skipIf(spawnSync('xz', ['--version']).status !== 0).each([
  ['xz', ['--check=crc32', '--x86', '--lzma2']],
  ['lzma', ['--format=lzma']],
] as const)('%s', async (format, args) => {
  const stored = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const blobs = {
    isOn: true,
    get: (key: string) => {
      asked.push(key);
      return stored.get(key);
    },
    put: (key: string, blob: Uint8Array) => void stored.set(key, blob),
  };
  const unpack = (await loadKernelDecompressors(blobs))[format];
  if (unpack === undefined) throw new Error(`no decompressor for ${format}`);
  const packed = pack(args, data);
  for (let i = 0; i < 2; i++) expect(Buffer.compare(unpack(packed, data.length), data)).toBe(0);
  expect(stored.size).toBe(1);
  expect(asked).toHaveLength(2);
  const other = data.toReversed();
  expect(Buffer.compare(unpack(pack(args, other), other.length), other)).toBe(0);
  expect(stored.size).toBe(2);
  // Damaged data is an error and leaves nothing behind.
  expect(() => unpack(packed.subarray(0, packed.length >> 1), data.length)).toThrow('is damaged');
  expect(stored.size).toBe(2);
});
