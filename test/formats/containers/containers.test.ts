import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holedGuest, plainGuest } from '../builders/guest.js';
import { buildLime } from '../builders/lime.js';
import { buildXz } from '../builders/xz.js';
import { buildZstd, skippableFrame } from '../builders/zstd.js';
import { expectContents, expectGuest, openBytes } from '../open-bytes.js';

const raw = plainGuest[0]!.bytes;
const packers: Record<string, (bytes: Uint8Array) => Buffer> = { gzip: gzipSync, xz: buildXz, zstd: buildZstd };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memlapse-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Files of this process that are open in the test's folder, also those without a name. */
function openFiles(): string[] {
  if (process.platform !== 'linux') return [];
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The descriptor of the listing itself is closed by now.
      return '';
    }
  });
  return links.filter((link) => link.startsWith(folder));
}

describe.each(Object.entries(packers))('%s', (name, pack) => {
  test('gives what is inside, whatever that is', async () => {
    expectGuest(await openBytes(pack(raw), { temporaryFolder: folder }), plainGuest);
    expectGuest(await openBytes(pack(buildLime(holedGuest)), { temporaryFolder: folder }), holedGuest);
  });

  test('reports progress and leaves no file behind', async () => {
    const reports: [number, number][] = [];
    const packed = pack(raw);
    const onUnpack = (done: number, total: number) => reports.push([done, total]);
    const before = openFiles();
    const memory = await openBytes(packed, { temporaryFolder: folder, onUnpack });
    expect(reports.at(-1)).toEqual([packed.length, packed.length]);
    expect(readdirSync(folder)).toEqual([]);
    memory.close();
    expect(openFiles()).toEqual(before);
  });

  test('truncated gives what came before, and says so', async () => {
    const packed = pack(raw);
    const memory = await openBytes(packed.subarray(0, packed.length / 2), { temporaryFolder: folder });
    expect(memory.notes).toHaveLength(1);
    expect(memory.notes[0]).toMatch(`the ${name} data is damaged or truncated after ${memory.end} unpacked bytes`);
    expect(memory.end).toBeGreaterThan(raw.length * 0.4);
    expectContents(memory, [{ start: 0, bytes: raw.subarray(0, memory.end) }]);
  });

  test('that is too large is refused, and nothing stays open', async () => {
    const options = { temporaryFolder: folder, maxUnpackedBytes: raw.length - 1 };
    const before = openFiles();
    await expect(openBytes(pack(raw), options)).rejects.toThrow(`image: unpacks to more than ${raw.length - 1} bytes`);
    expect(openFiles()).toEqual(before);
  });

  test('of nonsense or of nothing is refused', async () => {
    const head = pack(raw).subarray(0, name === 'zstd' ? 6 : 12);
    const nonsense = Buffer.concat([head, Buffer.alloc(5000, 0xa5)]);
    await expect(openBytes(nonsense)).rejects.toThrow(`image: is not valid ${name} data`);
    await expect(openBytes(pack(Buffer.alloc(0)))).rejects.toThrow(/image: (nothing is inside|is not valid)/);
  });

  test('can be stopped', async () => {
    const abort = new AbortController();
    const opening = openBytes(pack(raw), { signal: abort.signal, onUnpack: () => abort.abort(new Error('enough')) });
    await expect(opening).rejects.toThrow('enough');
  });
});

describe('containers', () => {
  test('may be inside each other, up to a point', async () => {
    expectGuest(await openBytes(gzipSync(buildXz(buildZstd(raw)))), plainGuest);
    let many = gzipSync(raw);
    for (let i = 0; i < 4; i++) many = gzipSync(many);
    await expect(openBytes(many)).rejects.toThrow('image: is wrapped in more than 4 layers');
  });

  test('in several members, frames and streams are one file', async () => {
    const halves = [raw.subarray(0, 0x100000), raw.subarray(0x100000)];
    for (const parts of [
      halves.map((half) => gzipSync(half)),
      // Padding, as tapes leave it.
      [gzipSync(raw), Buffer.alloc(1000)],
      halves.map((half) => buildXz(half)),
      [skippableFrame(12), buildZstd(halves[0]!), skippableFrame(0), buildZstd(halves[1]!)],
    ]) {
      const memory = await openBytes(Buffer.concat(parts));
      expect(memory.notes).toEqual([]);
      expectGuest(memory, plainGuest);
    }
  });

  test('zstd that takes a giant window to unpack is refused, in whatever frame', async () => {
    const reason = 'corrupt data, or made to be unpacked with more than 128 MiB of memory';
    await expect(openBytes(buildZstd(raw, 31))).rejects.toMatchObject({
      message: `image: is not valid zstd data (${reason})`,
      hint: 'try a copy that is whole, or unpack it with zstd -d',
    });
    const memory = await openBytes(Buffer.concat([skippableFrame(100), buildZstd(raw), buildZstd(raw, 31)]));
    expect(memory.notes).toEqual([
      `the zstd data is damaged or truncated after ${raw.length} unpacked bytes (${reason})`,
    ]);
    expectGuest(memory, plainGuest);
  });

  test('in a folder that is not there say so', async () => {
    await expect(openBytes(gzipSync(raw), { temporaryFolder: '/nonexistent/x' })).rejects.toThrow(
      '/nonexistent/x: no temporary file can be made there (ENOENT)',
    );
  });

  test('zeros take no room on disk', async () => {
    const memory = await openBytes(gzipSync(Buffer.concat([Buffer.alloc(2 ** 28), raw])), { temporaryFolder: folder });
    expect(memory.end).toBe(2 ** 28 + raw.length);
    expect(memory.page(1)?.every((byte) => byte === 0)).toBe(true);
    expect(raw.subarray(4096, 8192).equals(memory.page(2 ** 16 + 1)!)).toBe(true);
  });
});
