import { execFileSync, spawnSync } from 'node:child_process';
import { deflateSync } from 'node:zlib';
import { compress as snappyCompress } from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { buildNotes, qemuCpuNote } from '../builders/elf-core.js';
import { guestPage, guestRange, holedGuest } from '../builders/guest.js';
import { buildKdump, type KdumpOptions } from '../builders/kdump.js';
import { assembleLzo } from '../builders/lzo.js';
import { contents, expectContents, expectGuest, openBytes } from '../open-bytes.js';

const guest = [...holedGuest.slice(0, 2), guestRange(0x40000000, 0x40010000)];

/** A stream for pages that are one byte repeated; others stay as they are. */
function lzoRuns(page: Buffer): Uint8Array {
  const byte = page[0] as number;
  if (!page.every((one) => one === byte)) return page;
  return assembleLzo([{ literals: page.subarray(0, 4), match: { distance: 1, length: 4092 } }]).stream;
}

/** A frame of stored blocks, as RFC 8878 describes it: no compressor is needed to test the way through the reader. */
function zstdStored(page: Buffer): Uint8Array {
  const runs = page.every((one) => one === page[0]);
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x00, 0x0f]);
  const block = Buffer.alloc(3);
  block.writeUIntLE((page.length << 3) | (runs ? 2 : 0) | 1, 0, 3);
  return Buffer.concat([header, block, runs ? page.subarray(0, 1) : page]);
}

const compressions: Record<string, Pick<KdumpOptions, 'flag' | 'compress'>> = {
  zlib: { flag: 1, compress: (page) => deflateSync(page) },
  lzo: { flag: 2, compress: lzoRuns },
  snappy: { flag: 4, compress: (page) => snappyCompress(new Uint8Array(page)) },
  zstd: { flag: 0x20, compress: zstdStored },
};

describe('kdump', () => {
  test.each(Object.entries(compressions))('with %s pages gives every page', async (name, options) => {
    const memory = await openBytes(buildKdump(guest, options));
    expect(memory.format).toBe(`kdump (${name})`);
    expect(memory.notes).toEqual([]);
    expectGuest(memory, guest);
  });

  test.skipIf(spawnSync('zstd', ['--version']).error !== undefined)(
    'with pages that zstd made gives every page',
    async () => {
      const small = [guestRange(0, 0x10000)];
      const compress = (page: Buffer) => execFileSync('zstd', ['-q', '-c'], { input: page });
      expectGuest(await openBytes(buildKdump(small, { flag: 0x20, compress })), small);
    },
  );

  test.each([1, 2, 3, 4, 5, 6])('header version %i, 32 and 64 bits', async (version) => {
    for (const bits of [32, 64] as const) {
      const notes = buildNotes([qemuCpuNote(0xabc000n)]);
      const memory = await openBytes(
        buildKdump(guest, { version, bits, notes, vmcoreinfo: 'OSRELEASE=6.1\n', ...compressions.zlib }),
      );
      expect(memory.vmcoreinfo).toBe(version >= 3 ? 'OSRELEASE=6.1\n' : undefined);
      expect(memory.registers.map(({ cr3 }) => cr3)).toEqual(version >= 4 ? [0xabc000n] : []);
      expectGuest(memory, guest);
    }
  });

  test('diskdump, with one bitmap or two', async () => {
    for (const singleBitmap of [false, true]) {
      const file = buildKdump(guest, { signature: 'DISKDUMP', version: 1, singleBitmap });
      const memory = await openBytes(file);
      expect(memory.format).toBe('diskdump');
      expectGuest(memory, guest);
    }
  });

  test('left-out pages are not there', async () => {
    const options = { dumpLevel: 31, leaveOut: (frame: number) => frame % 8 < 3 };
    const memory = await openBytes(buildKdump(guest, options));
    for (let frame = 0; frame < 0x180; frame++) {
      const isThere = frame % 8 >= 3 && (frame < 0x9f || frame >= 0x100);
      const page = memory.page(frame);
      expect(page ? guestPage(frame).equals(page) : undefined).toBe(isThere || undefined);
    }
  });

  test('left-out zeros are zeros when nothing else was left out', async () => {
    const leaveOut = (_frame: number, page: Buffer) => page.every((byte) => byte === 0);
    expectGuest(await openBytes(buildKdump(guest, { dumpLevel: 1, leaveOut })), guest);
    const other = await openBytes(buildKdump(guest, { dumpLevel: 3, leaveOut }));
    expect(other.page(4)).toBeUndefined();
  });

  test('one part of a split dump has its own pages', async () => {
    const memory = await openBytes(buildKdump(guest, { split: [0x20, 0x110] }));
    expect(memory.notes).toEqual(['this is one part of a split dump: the pages of the other parts are missing']);
    expectGuest(memory, [guestRange(0x20000, 0x9f000), guestRange(0x100000, 0x110000)]);
  });

  test('an incomplete one says so', async () => {
    const memory = await openBytes(buildKdump(guest, { ...compressions.zlib, status: 1 | 8 }));
    expect(memory.notes).toEqual(['the dump is incomplete: its writer ran out of room']);
  });

  test('truncated: the pages whose data is missing are not there, the others are', async () => {
    const [range] = guest;
    const file = buildKdump([range!], compressions.zlib);
    const memory = await openBytes(file.subarray(0, file.length - 3 * 4096));
    const got = contents(memory);
    expect(got[0]?.bytes.length).toBeGreaterThan(0x80000);
    expect(got[0]?.bytes.length).toBeLessThan(0x9f000);
    for (const { start, bytes } of got)
      expect(bytes.equals(range!.bytes.subarray(start, start + bytes.length))).toBe(true);
  });

  test('truncated inside its descriptors has the pages that are described, and says how many are not', async () => {
    const [range] = guest;
    const file = buildKdump([range!]);
    // Header, sub-header, two bitmaps of one block, then 24 bytes a page; data of what is left is gone, too.
    const memory = await openBytes(file.subarray(0, 4 * 4096 + 100 * 24 + 5));
    expect(memory.notes).toEqual([`the file is truncated: ${0x9f - 100} of ${0x9f} page descriptors are missing`]);
    expect(memory.ranges).toEqual([{ start: 0, end: 100 * 4096 }]);
    expect(contents(memory)).toEqual([]);
  });

  test('a damaged page costs that page only', async () => {
    const [range] = guest;
    const file = buildKdump([range!], compressions.zlib);
    const packed = deflateSync(guestPage(5));
    file.fill(0x55, file.indexOf(packed) + 2, file.indexOf(packed) + 20);
    const memory = await openBytes(file);
    expect(memory.page(5)).toBeUndefined();
    expectContents(memory, [
      { start: 0, bytes: range!.bytes.subarray(0, 0x5000) },
      { start: 0x6000, bytes: range!.bytes.subarray(0x6000) },
    ]);
  });

  test('with a header of no known layout is refused', async () => {
    const file = buildKdump(guest);
    file.writeInt32LE(16384, 428);
    await expect(openBytes(file)).rejects.toThrow(
      'a kdump file whose header is damaged, or of a machine that is not x86',
    );
  });
});
