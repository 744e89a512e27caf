import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertImage, type WrittenFormat, writers } from '../../src/formats/convert-image.js';
import { ImageMemory } from '../../src/formats/image/image-memory.js';
import { openMemory } from '../../src/formats/open-image.js';
import { buildElfCore, qemuCpuNote } from './builders/elf-core.js';
import { holedGuest } from './builders/guest.js';
import { buildLime } from './builders/lime.js';
import { expectGuest, openBytes } from './open-bytes.js';

let folder: string;
const path = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memlapse-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const vmcoreinfo = 'OSRELEASE=6.1.0\n';
const source = buildElfCore(
  holedGuest.map(({ start, bytes }) => ({ physical: BigInt(start), bytes })),
  { notes: [qemuCpuNote(0x1234000n), { owner: 'VMCOREINFO', type: 0, description: Buffer.from(vmcoreinfo) }] },
);

describe('convertImage', () => {
  test('to raw puts each byte at its address and holes into the file', async () => {
    const memory = await openBytes(source);
    expect(await convertImage(memory, 'raw', path('out.raw'))).toEqual({ written: memoryBytes(), unreadable: 0 });
    const status = statSync(path('out.raw'));
    expect(status.size).toBe(memory.end);
    expect(status.blocks * 512).toBeLessThan(4 * 2 ** 20);
    const back = await openMemory(path('out.raw'));
    for (const { start, bytes } of holedGuest) {
      const got = Buffer.alloc(bytes.length);
      back.read(start, got);
      expect(got.equals(bytes)).toBe(true);
    }
    expect(back.page(0x9f)?.every((byte) => byte === 0)).toBe(true);
    back.close();
  });

  test('to LiME writes what the format says', async () => {
    await convertImage(await openBytes(source), 'lime', path('out.lime'));
    expect(readFileSync(path('out.lime')).equals(buildLime(holedGuest))).toBe(true);
  });

  test('to an ELF core keeps registers and vmcoreinfo', async () => {
    const memory = await openBytes(source);
    await convertImage(memory, 'elf', path('out.elf'));
    const back = await openMemory(path('out.elf'));
    expect(back.registers).toEqual(memory.registers);
    expect(back.vmcoreinfo).toBe(vmcoreinfo);
    expectGuest(back, holedGuest);
    back.close();
  });

  test.skipIf(spawnSync('readelf', ['--version']).error !== undefined)(
    'to an ELF core that readelf reads alike',
    () => {
      const { stdout, stderr } = spawnSync('readelf', ['-hlnW', path('out.elf')], { encoding: 'utf8' });
      expect(stderr).toBe('');
      const loads = [...stdout.matchAll(/LOAD\s+(0x\w+) (0x\w+) (0x\w+) (0x\w+) (0x\w+) RWE/g)].map((m) =>
        m.slice(1).map(Number),
      );
      expect(loads.map(([, virtual, physical, size, memorySize]) => [virtual, physical, size, memorySize])).toEqual(
        // Virtual addresses are the physical ones, so that gdb reads physical memory.
        holedGuest.map(({ start, bytes }) => [start, start, bytes.length, bytes.length]),
      );
      const file = readFileSync(path('out.elf'));
      for (const [i, [offset]] of loads.entries())
        expect(file.subarray(offset, offset! + holedGuest[i]!.bytes.length).equals(holedGuest[i]!.bytes)).toBe(true);
      expect(stdout).toContain('CORE (Core file)');
      expect(stdout).toMatch(/QEMU\s+0x000001b8/);
      expect(stdout).toMatch(/VMCOREINFO\s+0x00000010/);
    },
  );

  test('to an ELF core of more ranges than e_phnum can count', async () => {
    const count = 70_000;
    const bytes = Buffer.alloc(16, 0x33);
    const memory = new ImageMemory({
      format: 'scattered',
      ranges: Array.from({ length: count }, (_, i) => ({ start: i * 32, end: i * 32 + 16 })),
      read(_address, target) {
        target.set(bytes.subarray(0, target.length));
        return target.length;
      },
    });
    await convertImage(memory, 'elf', path('many.elf'));
    const back = await openMemory(path('many.elf'));
    expect(back.ranges).toEqual(memory.ranges);
    back.close();
  });

  test.each(Object.keys(writers) as WrittenFormat[])('counts pages that cannot be read (%s)', async (format) => {
    const memory = new ImageMemory({
      format: 'damaged',
      ranges: [{ start: 0, end: 0x8000 }],
      read(address, target) {
        const length = Math.max(
          0,
          Math.min(target.length, address < 0x3000 ? 0x3000 - address : address < 0x4000 ? 0 : target.length),
        );
        target.fill(9, 0, length);
        return length;
      },
    });
    expect(await convertImage(memory, format, path(`damaged.${format}`))).toEqual({
      written: 0x7000,
      unreadable: 0x1000,
    });
    const back = await openMemory(path(`damaged.${format}`));
    expect([...Array(8).keys()].map((frame) => back.page(frame)?.[7])).toEqual([9, 9, 9, 0, 9, 9, 9, 9]);
    back.close();
  });

  test('does not replace a file unless told, and leaves no partial one', async () => {
    const memory = await openBytes(source);
    await writeFile(path('there'), 'precious');
    await expect(convertImage(memory, 'lime', path('there'))).rejects.toThrow(`${path('there')}: exists already`);
    expect(readFileSync(path('there'), 'utf8')).toBe('precious');
    await convertImage(memory, 'lime', path('there'), { overwrite: true });
    expect(readFileSync(path('there')).equals(buildLime(holedGuest))).toBe(true);
    await expect(convertImage(memory, 'raw', path('no/such/folder'))).rejects.toThrow('cannot be created (ENOENT)');

    const abort = new AbortController();
    const options = { signal: abort.signal, progress: () => abort.abort(new Error('enough')) };
    await expect(convertImage(memory, 'lime', path('stopped'), options)).rejects.toThrow('enough');
    expect(readdirSync(folder).filter((name) => name.startsWith('stopped') || name.endsWith('.partial'))).toEqual([]);
  });

  test('reports progress up to the whole', async () => {
    const reports: [number, number][] = [];
    await convertImage(await openBytes(source), 'lime', path('reported'), { progress: (...r) => reports.push(r) });
    expect(reports.at(-1)).toEqual([memoryBytes(), memoryBytes()]);
  });
});

function memoryBytes(): number {
  return holedGuest.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
