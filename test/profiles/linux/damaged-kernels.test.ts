/** A real image with the parts damaged that profiles are made of: something is found or nothing is, and it ends. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadLinuxProfile } from '../../../src/profiles/linux/load-profile.js';
import { imageSlide } from '../../../src/profiles/linux/location.js';
import { vmcoreSymbols } from '../../../src/profiles/linux/vmcoreinfo.js';
import { linuxImages } from '../../ground-truth/images.js';
import { bufferMemory } from '../buffer-memory.js';

/** One of each architecture; an image is read whole. */
const found = ['amd64', 'i386'].flatMap((arch) => linuxImages().find((image) => image.arch === arch) ?? []);

describe.skipIf(found.length === 0)('damaged kernels', () => {
  it.each(found.map((image) => [image.name, image] as const))('%s', async (_, image) => {
    const bytes = readFileSync(await image.path());
    const places = zonesOf(bytes).map(([start, length]) => fc.integer({ min: start, max: start + length - 1 }));
    const change = fc.tuple(fc.oneof(...places), fc.oneof(fc.constantFrom(0, 0xff), fc.nat({ max: 255 })));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), (changes) => {
        const before = changes.map(([at]) => [at, bytes[at] as number] as const);
        for (const [at, value] of changes) bytes[at] = value;
        const loaded = loadLinuxProfile(bufferMemory(bytes), { cache: false });
        for (const name of ['task_struct', 'ext4_inode_info', 'nothing']) loaded?.profile.types.struct(name);
        const symbols = [...(loaded?.profile.symbols.symbols() ?? [])];
        expect(symbols.every(({ name }) => typeof name === 'string')).toBe(true);
        for (const [at, value] of before.toReversed()) bytes[at] = value;
      }),
      { numRuns: 25 },
    );
  });
});

/** VMCOREINFO, kallsyms, BTF, page tables, the idle task, and the first megabyte. */
function zonesOf(bytes: Buffer): (readonly [start: number, length: number])[] {
  const { location, profile } = loadLinuxProfile(bufferMemory(bytes), { cache: false })!;
  const slide = imageSlide(location.architecture, location.physBase);
  const parts = [...vmcoreSymbols(location.vmcoreinfo)].filter(({ name }) => /kallsyms|swapper|init_top/.test(name));
  const own = ['__start_BTF', 'init_task', 'btf_modules'].map((name) => profile.symbols.address(name));
  const addresses = [...parts.map(({ address }) => address), ...own.filter((address) => address !== undefined)];
  return [
    [0, 0x10_0000],
    [bytes.indexOf('VMCOREINFO\0') - 12, 3400],
    ...addresses.map((address) => [Number(address - slide), 4096] as const),
  ];
}
