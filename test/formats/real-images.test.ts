/**
 * Every format of the same stopped machine against its raw image, and peers on what is written. Needs real images
 * (see test/images/README.md); without them there is nothing to run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertImage } from '../../src/formats/convert-image.js';
import { openMemory } from '../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import { scanChunks } from '../../src/memory/scan-chunks.js';
import { images } from '../ground-truth/images.js';

interface Expectation {
  readonly format: string;
  /** Pages that this form of the dump does not have: where it was filtered, or only holds what is mapped. */
  readonly mayMiss?: boolean;
  readonly hasRegisters?: boolean;
}

/** What each file of an image directory must turn out to be, told by content. */
const expectations: Record<string, Expectation> = {
  'mem.elf': { format: 'ELF core (QEMU)', hasRegisters: true },
  'mem.vmcore.elf': { format: 'ELF core (QEMU)', hasRegisters: true },
  'mem.paging.elf': { format: 'ELF core (QEMU)', hasRegisters: true, mayMiss: true },
  'mem.d31.elf': { format: 'ELF core (QEMU)', hasRegisters: true, mayMiss: true },
  'mem.kdump-zlib': { format: 'kdump (zlib)', hasRegisters: true },
  'mem.kdump-zlib.flat': { format: 'kdump (zlib)', hasRegisters: true },
  'mem.kdump-lzo': { format: 'kdump (lzo)', hasRegisters: true },
  'mem.kdump-zlib-d31': { format: 'kdump (zlib)', hasRegisters: true, mayMiss: true },
  'mem.kdump-lzo-d31': { format: 'kdump (lzo)', hasRegisters: true, mayMiss: true },
  'mem.migration': { format: 'QEMU migration stream', hasRegisters: true },
  'savevm.qcow2': { format: 'QEMU migration stream', hasRegisters: true },
};

/** The firmware's flash below 4 GiB, where raw files have a hole. */
const FIRMWARE = { start: 0xfffc0000, length: 0x40000 } as const;

/** Expects the memory below the raw image's end to be the raw image's; what is missing must be zeros there, or allowed. */
function expectSameMemory(memory: PhysicalMemory, raw: PhysicalMemory, mayMiss = false): void {
  const other = Buffer.alloc(2 ** 20);
  let compared = 0;
  for (const { address, bytes } of scanChunks(memory, { end: raw.end })) {
    const skip = address === FIRMWARE.start ? FIRMWARE.length : 0;
    const ours = bytes.subarray(skip);
    const same = other.subarray(0, raw.read(address + skip, other.subarray(0, ours.length)));
    if (!same.equals(ours)) expect.fail(`memory at 0x${address.toString(16)} differs`);
    compared += ours.length;
  }
  const zero = Buffer.alloc(4096);
  let missing = raw.end > FIRMWARE.start ? FIRMWARE.length : 0;
  for (let frame = 0; frame < raw.end / 4096; frame++) {
    if (memory.page(frame)) continue;
    missing += 4096;
    if (!mayMiss && !zero.equals(raw.page(frame)!)) expect.fail(`page ${frame} is missing`);
  }
  expect(compared + missing).toBe(raw.end);
  // A filtered dump of these guests still has a tenth of memory.
  expect(compared).toBeGreaterThan(raw.end / 20);
}

const withRaw = images().filter(({ files }) => files.includes('mem.raw'));
const pairs = withRaw.flatMap((image) =>
  Object.keys(expectations)
    .filter((file) => image.files.includes(file))
    .map((file) => [image.name, file, image] as const),
);

describe.skipIf(pairs.length === 0)('formats of real machines', () => {
  test.each(pairs)('%s: %s', async (_name, file, image) => {
    const expected = expectations[file]!;
    const [memory, raw] = [await openMemory(await image.file(file)), await openMemory(await image.path())];
    expect(memory.format).toBe(expected.format);
    expect(memory.notes).toEqual([]);
    const registers = readFileSync(join(image.directory, 'registers.txt'), 'utf8');
    const cr3 = [...registers.matchAll(/CR3=([0-9a-f]+)/g)].map(([, value]) => BigInt(`0x${value}`));
    const rip = [...registers.matchAll(/(?:RIP|EIP)=([0-9a-f]+)/g)].map(([, value]) => BigInt(`0x${value}`));
    if (expected.hasRegisters) {
      expect(memory.registers.map((one) => one.cr3)).toEqual(cr3);
      expect(memory.registers.map((one) => one.rip)).toEqual(rip);
    }
    // The VGA window is no memory of ReactOS's machine; the raw file has what its card showed there.
    expectSameMemory(memory, raw, expected.mayMiss || image.name.startsWith('reactos'));
    memory.close();
    raw.close();
  });

  test('vmcoreinfo of a note is the one in guest memory', async () => {
    for (const [, file, image] of pairs.filter(([name]) => name.endsWith('vmcoreinfo'))) {
      const memory = await openMemory(await image.file(file));
      expect(memory.vmcoreinfo).toMatch(/^OSRELEASE=/);
      const text = Buffer.from(memory.vmcoreinfo!.split('\n').slice(0, 20).join('\n'));
      const raw = await openMemory(await image.path());
      let found = 0;
      for (const { bytes } of scanChunks(raw, { overlap: text.length }))
        if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(text)) found++;
      expect(found).toBeGreaterThan(0);
      memory.close();
      raw.close();
    }
  });
});

const packed = withRaw.filter(({ directory }) => spawnSync('test', ['-e', join(directory, 'mem.raw.xz')]).status === 0);

describe.skipIf(packed.length === 0)('compressed real images', () => {
  test.each(packed.map((image) => [image.name, image] as const))('%s: mem.raw.xz', async (_name, image) => {
    const [memory, raw] = [await openMemory(join(image.directory, 'mem.raw.xz')), await openMemory(await image.path())];
    expect(memory.notes).toEqual([]);
    expect(memory.end).toBe(raw.end);
    expectSameMemory(memory, raw);
    memory.close();
    raw.close();
  });
});

const source = withRaw.find(({ files }) => files.includes('mem.vmcore.elf'));
const hasMakedumpfile = spawnSync('makedumpfile', ['-v']).error === undefined;

describe.skipIf(!source || !hasMakedumpfile)('makedumpfile on an ELF core that we wrote', () => {
  let folder: string;
  let memory: PhysicalMemory;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'memlapse-test-'));
    memory = await openMemory(await source!.file('mem.elf'));
    await convertImage(memory, 'elf', join(folder, 'ours.elf'));
  });
  afterAll(async () => {
    memory.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ['kdump (zlib)', ['-c', '-d', '0']],
    ['kdump (zlib)', ['-c', '-d', '1']],
    ['kdump (lzo)', ['-l', '-d', '1']],
    ['kdump', ['-d', '1']],
    ['ELF core (QEMU)', ['-E', '-d', '0']],
  ] as const)('gives the same memory as %s by %j', async (format, options) => {
    const path = join(folder, 'theirs');
    execFileSync('makedumpfile', [...options, '-f', join(folder, 'ours.elf'), path], { stdio: 'ignore' });
    const theirs = await openMemory(path);
    expect(theirs.format).toBe(format);
    expect(theirs.vmcoreinfo).toBe(memory.vmcoreinfo);
    expect(theirs.registers.map(({ cr3 }) => cr3)).toEqual(memory.registers.map(({ cr3 }) => cr3));
    expectSameMemory(theirs, await openMemory(await source!.path()));
    theirs.close();
  });
});
