/** Types that are kept for a kernel's build are what its own BTF says, and nothing is kept that it does not say. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Btf } from '../../../src/formats/btf/btf.js';
import { KIND } from '../../../src/formats/btf/layout.js';
import { writeNotes } from '../../../src/formats/elf/notes.js';
import { openMemory } from '../../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../../src/memory/physical-memory.js';
import { RecordingMemory } from '../../../src/memory/recording-memory.js';
import { BtfTypeSource } from '../../../src/profiles/btf/btf-type-source.js';
import { BlobCache } from '../../../src/profiles/cache/blob-cache.js';
import { kernelBuildId } from '../../../src/profiles/linux/build-id.js';
import { KeptTypes } from '../../../src/profiles/linux/kept-types.js';
import { KernelImage } from '../../../src/profiles/linux/kernel-image.js';
import { loadLinuxProfile } from '../../../src/profiles/linux/load-profile.js';
import { SymbolList } from '../../../src/profiles/symbol-list.js';
import { btfImage } from '../../formats/btf/btf-image.js';
import { linuxImages } from '../../ground-truth/images.js';
import { bufferMemory } from '../buffer-memory.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'memlapse-kept-types-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const section = Btf.open(
  btfImage([
    { name: 'int', kind: KIND.int, value: 4, trailer: [0x0100_0020] },
    {
      name: 'state',
      kind: KIND.enum,
      value: 4,
      kindFlag: true,
      trailer: ['idle', 0, 'lost', 0xffff_ffff],
      elementWords: 2,
    },
    {
      name: 'task',
      kind: KIND.struct,
      value: 16,
      trailer: ['pid', 1, 0, '__proto__', 2, 32, 'self', 4, 64],
      elementWords: 3,
    },
    { kind: KIND.pointer, value: 3 },
  ]),
)!;
const image = { types: new BtfTypeSource(section, 8), count: section.typeCount };
const refuses = () => {
  throw new Error('the types in the image are not to be read');
};

describe('types that are kept', () => {
  it('come back as they are in the image, without a look at it', () => {
    const first = new KeptTypes(new BlobCache(directory), 'aa', 8, () => image);
    const [task, state] = [first.struct('task'), first.enum('state')];
    expect(first.struct('nothing')).toBeUndefined();
    first.remember();
    const again = new KeptTypes(new BlobCache(directory), 'aa', 8, refuses);
    expect([again.struct('task'), again.enum('state'), again.struct('nothing'), again.count]).toEqual([
      image.types.struct('task'),
      image.types.enum('state'),
      undefined,
      4,
    ]);
    expect([task, state]).toEqual([image.types.struct('task'), image.types.enum('state')]);
    expect([...task!.fields.keys()]).toEqual(['pid', '__proto__', 'self']);
    expect(() => again.struct('other')).toThrow('not to be read');
  });

  it('are not those of another build, and of a damaged section nothing is kept', () => {
    const first = new KeptTypes(new BlobCache(directory), 'aa', 8, () => image);
    expect(first.struct('task')).toBeDefined();
    first.remember();
    const damaged = new KeptTypes(new BlobCache(directory), 'bb', 8, () => undefined);
    expect([damaged.count, damaged.struct('task')]).toEqual([undefined, undefined]);
    damaged.remember();
    const whole = new KeptTypes(new BlobCache(directory), 'bb', 8, () => image);
    expect(whole.struct('task')).toEqual(image.types.struct('task'));
  });
});

describe('the build ID of a kernel', () => {
  const at = 0xffff_ffff_8100_0000n;
  const notes = (...records: [owner: string, type: number, length: number][]) =>
    Buffer.from(
      writeNotes(records.map(([owner, type, length]) => ({ owner, type, description: Buffer.alloc(length, 0xa5) }))),
    );
  const read = (bytes: Buffer, length = bytes.length) => {
    const memory = bufferMemory(Buffer.concat([bytes, Buffer.alloc(8192)]));
    const symbols = new SymbolList([
      { name: '__start_notes', address: at, kind: 'R' },
      { name: '__stop_notes', address: at + BigInt(length), kind: 'R' },
    ]);
    return kernelBuildId(new KernelImage(memory, 8, at), symbols);
  };

  it('is the note of 20 bytes that the linker wrote, wherever it stands', () => {
    expect(read(notes(['Xen', 6, 8], ['GNU', 3, 20], ['Linux', 1, 4]))).toBe('a5'.repeat(20));
    expect(read(notes(['Xen', 3, 20], ['GNU', 1, 20], ['GNU', 3, 16]))).toBeUndefined();
    expect(read(notes(['GNU', 3, 20]), 30)).toBeUndefined();
    expect(read(notes(['GNU', 3, 20]), 1 << 20)).toBeUndefined();
  });
});

/** The same memory but for a byte in its first page. */
function withOtherStart(memory: PhysicalMemory): PhysicalMemory {
  const read = (address: number, target: Uint8Array): number => {
    const length = memory.read(address, target);
    const at = 0x10 - address;
    if (at >= 0 && at < length) target[at] = (target[at] as number) ^ 0xff;
    return length;
  };
  return Object.create(memory, { read: { value: read }, page: { value: memory.page.bind(memory) } }) as PhysicalMemory;
}

const images = linuxImages().filter(({ arch, name }) => arch === 'amd64' && !name.endsWith('4g'));

describe.skipIf(images.length === 0)('the types of a kernel in an image', () => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env.MEMLAPSE_CACHE;
    process.env.MEMLAPSE_CACHE = directory;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.MEMLAPSE_CACHE;
    else process.env.MEMLAPSE_CACHE = before;
  });

  it.each(images.map((each) => [each.name, each] as const))(
    '%s: are kept for its build and machine',
    async (_, image) => {
      const memory = await openMemory(await image.path());
      const fresh = loadLinuxProfile(memory, { cache: false })!.profile;
      const first = loadLinuxProfile(memory)!.profile;
      const names = [...fresh.types.structNames()].slice(0, 400);
      const enums = [...fresh.types.enumNames()].slice(0, 100);
      const ofBoth = ({ types }: typeof fresh) => [
        names.map((name) => types.struct(name)),
        enums.map((name) => types.enum(name)),
      ];
      expect(ofBoth(first)).toEqual(ofBoth(fresh));
      first.remember?.();
      const recorder = new RecordingMemory(memory);
      const again = loadLinuxProfile(recorder)!.profile;
      expect(ofBoth(again)).toEqual(ofBoth(fresh));
      expect(again.sources).toEqual(fresh.sources);
      // Five megabytes of BTF are 1,200 pages.
      expect([...recorder.frames].length).toBeLessThan(400);
      // Another machine that claims to run the same build is not believed.
      const other = new RecordingMemory(withOtherStart(memory));
      expect(ofBoth(loadLinuxProfile(other)!.profile)).toEqual(ofBoth(fresh));
      expect([...other.frames].length).toBeGreaterThan(1200);
      memory.close();
    },
  );
});
