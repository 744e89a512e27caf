/** What is remembered of an image's kernel is the same as what is found, and never taken for another's. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMemory } from '../../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../../src/memory/physical-memory.js';
import { BlobCache } from '../../../src/profiles/cache/blob-cache.js';
import { Kallsyms } from '../../../src/profiles/linux/kallsyms.js';
import { kallsymsFromBlob, kallsymsToBlob } from '../../../src/profiles/linux/kallsyms-blob.js';
import { recallKernel, rememberKernel } from '../../../src/profiles/linux/kernel-cache.js';
import { loadLinuxProfile } from '../../../src/profiles/linux/load-profile.js';
import { linuxImages, type TestImage } from '../../ground-truth/images.js';

let directory: string;
let before: string | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'memlapse-kernel-cache-'));
  before = process.env.MEMLAPSE_CACHE;
  process.env.MEMLAPSE_CACHE = directory;
});

afterEach(() => {
  if (before === undefined) delete process.env.MEMLAPSE_CACHE;
  else process.env.MEMLAPSE_CACHE = before;
  rmSync(directory, { recursive: true });
});

const found = linuxImages().filter(({ name }) => !name.endsWith('4g'));
const each = found.map((image) => [image.name, image] as const);

async function withMemory<Result>(image: TestImage, use: (memory: PhysicalMemory) => Result): Promise<Result> {
  const memory = await openMemory(await image.path());
  try {
    return use(memory);
  } finally {
    memory.close();
  }
}

describe.skipIf(found.length === 0)('a kernel that is remembered', () => {
  it.each(each)('%s: is the one that was found', async (_, image) => {
    await withMemory(image, (memory) => {
      const fresh = loadLinuxProfile(memory, { cache: false })!;
      expect(recallKernel(memory, new BlobCache())).toBeUndefined();
      loadLinuxProfile(memory);
      const recalled = recallKernel(memory, new BlobCache());
      expect(recalled?.location).toEqual(fresh.location);
      const again = loadLinuxProfile(memory)!;
      expect([...again.profile.symbols.symbols()]).toEqual([...fresh.profile.symbols.symbols()]);
      expect(again.profile.symbols.address('_stext')).toBe(fresh.location.textStart);
    });
  });

  it('is not taken for that of another image, even under its key', async () => {
    const [first, second] = found;
    if (first === undefined || second === undefined) return;
    await withMemory(first, (memory) => loadLinuxProfile(memory));
    const remembered = readFileSync(join(directory, readdirSync(directory)[0]!));
    expect(remembered.length).toBeGreaterThan(100_000);
    await withMemory(second, (memory) => {
      const { location } = loadLinuxProfile(memory, { cache: false })!;
      expect(recallKernel(memory, new BlobCache())).toBeUndefined();
      // Whatever the key, the record has to be borne out by this memory: here it is another kernel's.
      const cache = new AnyKey();
      return withMemory(first, (other) => {
        const { location: otherLocation } = loadLinuxProfile(other, { cache: false })!;
        const kallsyms = recallKernel(other, new BlobCache())!.kallsyms;
        rememberKernel(other, { location: otherLocation, kallsyms }, cache);
        expect(recallKernel(other, cache)?.location).toEqual(otherLocation);
        expect(recallKernel(memory, cache)).toBeUndefined();
        expect(location.release).not.toBe('');
      });
    });
  });

  it('is forgotten when its record is damaged', async () => {
    const [image] = found;
    await withMemory(image!, (memory) => {
      loadLinuxProfile(memory);
      const path = join(directory, readdirSync(directory)[0]!);
      const record = readFileSync(path);
      record[record.length >> 1] = (record[record.length >> 1] as number) ^ 0x40;
      writeFileSync(path, record);
      expect(recallKernel(memory, new BlobCache())).toBeUndefined();
      expect(loadLinuxProfile(memory)?.location.banner).toMatch(/^Linux version /);
      expect(recallKernel(memory, new BlobCache())).toBeDefined();
    });
  });
});

describe('a symbol table as bytes', () => {
  const tables = {
    pointerSize: 8,
    count: 2,
    names: Uint8Array.from([2, 0x54, 0x61, 2, 0x74, 0x62]),
    tokenTable: Buffer.from(
      `${Array.from({ length: 256 }, (_, code) => String.fromCharCode(code || 1)).join('\0')}\0`,
      'latin1',
    ),
    tokenIndex: Uint16Array.from({ length: 256 }, (_, code) => code * 2),
  } as const;

  it.each([
    { kind: 'absolute', values: BigUint64Array.from([16n, 0xffff_ffff_8100_0000n]) },
    { kind: 'relative', base: 0xffff_ffff_8100_0000n, offsets: Int32Array.from([0, 16]) },
    { kind: 'absolute-percpu', base: 0xffff_ffff_8100_0000n, offsets: Int32Array.from([16, -1]) },
    { kind: 'place-relative', start: 0xffff_ffff_8200_0000n, offsets: Int32Array.from([-32, -16]) },
  ] as const)('comes back whole: $kind', (addresses) => {
    const kallsyms = new Kallsyms({ ...tables, addresses });
    const { shape, bytes } = kallsymsToBlob(kallsyms);
    const back = kallsymsFromBlob(JSON.parse(JSON.stringify(shape)), bytes)!;
    expect([...back.symbols()]).toEqual([...kallsyms.symbols()]);
    expect([...back.symbols()].map(({ name, kind }) => kind + name)).toEqual(['Ta', 'tb']);
    expect(back.address('b')).toBe(kallsyms.address('b'));
    expect(kallsymsFromBlob(shape, bytes.subarray(1))).toBeUndefined();
  });
});

/** A cache that gives its one entry for every key. */
class AnyKey extends BlobCache {
  #blob: Buffer | undefined;

  override get(): Buffer | undefined {
    return this.#blob;
  }

  override put(_key: string, blob: Uint8Array): void {
    this.#blob = Buffer.from(blob);
  }
}
