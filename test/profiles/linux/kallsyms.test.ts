/** kallsyms in every layout that kernels 4.0 to 6.12 had, written by an independent builder; then damaged. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kallsyms } from '../../../src/profiles/linux/kallsyms.js';
import { type KallsymsLocation, readKallsyms } from '../../../src/profiles/linux/kallsyms-location.js';
import { searchKallsyms } from '../../../src/profiles/linux/kallsyms-search.js';
import { KernelImage } from '../../../src/profiles/linux/kernel-image.js';
import { bufferMemory } from '../buffer-memory.js';
import { type ImageSymbol, type KallsymsImageOptions, kallsymsImage } from './kallsyms-image.js';

const BASE = { 4: 0xc100_0000n, 8: 0xffff_ffff_8100_0000n } as const;

const LAYOUTS: readonly (readonly [kernels: string, options: Omit<KallsymsImageOptions, 'base'>])[] = [
  ['4.4 i386', { pointerSize: 4, scheme: 'absolute', order: 'addresses-first', markerSize: 4 }],
  ['4.4 amd64', { pointerSize: 8, scheme: 'absolute', order: 'addresses-first', markerSize: 8 }],
  ['4.9 to 4.19 amd64', { pointerSize: 8, scheme: 'absolute-percpu', order: 'addresses-first', markerSize: 8 }],
  ['5.x and 6.1 amd64', { pointerSize: 8, scheme: 'absolute-percpu', order: 'addresses-first', markerSize: 4 }],
  ['5.x and 6.1 i386', { pointerSize: 4, scheme: 'relative', order: 'addresses-first', markerSize: 4 }],
  [
    '6.2 and 6.3 amd64',
    { pointerSize: 8, scheme: 'absolute-percpu', order: 'addresses-first', markerSize: 4, sequences: true },
  ],
  ['6.4 to 6.12 amd64', { pointerSize: 8, scheme: 'absolute-percpu', order: 'addresses-last', markerSize: 4 }],
  ['6.12 i386', { pointerSize: 4, scheme: 'relative', order: 'addresses-last', markerSize: 4 }],
  ['amd64 without per-CPU symbols', { pointerSize: 8, scheme: 'relative', order: 'addresses-last', markerSize: 4 }],
];

function symbolsOf({ scheme }: { scheme: string }, base: bigint): ImageSymbol[] {
  const symbols: ImageSymbol[] = [];
  if (scheme === 'absolute-percpu') {
    symbols.push(
      { name: 'fixed_percpu_data', kind: 'A', address: 0n },
      { name: 'gdt_page', kind: 'A', address: 0xb000n },
    );
  }
  symbols.push({ name: '_text', kind: 'T', address: base }, { name: '_stext', kind: 'T', address: base });
  for (let index = 0; index < 1500; index++) {
    const name = index % 7 === 0 ? '__func__.0' : `sys_get_lock_${index}_struct_init`;
    symbols.push({ name, kind: index % 3 === 0 ? 't' : 'T', address: base + 0x100n + BigInt(index) * 0x20n });
  }
  // Longer than 127 tokens: the length takes two bytes.
  symbols.push({ name: `rust_${'Zq9'.repeat(60)}`, kind: 'T', address: base + 0x20_0000n });
  return symbols;
}

describe.each(LAYOUTS)('kallsyms of %s', (_, layout) => {
  const base = BASE[layout.pointerSize];
  const symbols = symbolsOf(layout, base);
  const image = kallsymsImage(symbols, { ...layout, base });
  const start = base + 0x80_0000n;
  const memory = new KernelImage(bufferMemory(image.bytes), layout.pointerSize, start);

  it('is found by content, each part where it is', () => {
    const found = searchKallsyms(image.bytes, start);
    const at = (offset: number): bigint => start + BigInt(offset);
    const { values, relativeBase, numSyms, names, tokenTable, tokenIndex } = image.at;
    const absolute = layout.scheme === 'absolute';
    expect(found).toEqual({
      pointerSize: layout.pointerSize,
      names: at(names),
      numSyms: at(numSyms),
      tokenTable: at(tokenTable),
      tokenIndex: at(tokenIndex),
      values: at(values),
      scheme: absolute ? 'absolute' : 'base-relative',
      ...(absolute ? {} : { relativeBase: at(relativeBase) }),
    });
  });

  it('reads every symbol', () => {
    const found = searchKallsyms(image.bytes, start) as KallsymsLocation;
    const kallsyms = new Kallsyms(readKallsyms(memory, found)!);
    expect([...kallsyms.symbols()]).toEqual(symbols);
    for (const { name } of symbols) {
      expect(kallsyms.address(name)).toBe(symbols.find((symbol) => symbol.name === name)?.address);
    }
    expect(kallsyms.address('sys_get_lock')).toBeUndefined();
    expect(kallsyms.nearest(base + 0x105n)?.offset).toBe(5);
    expect(kallsyms.nearest(base + 0x1_0000_0000n)).toBeUndefined();
  });
});

describe('damaged kallsyms', () => {
  const options = { ...LAYOUTS[3]![1], base: BASE[8] };
  const symbols = symbolsOf(options, BASE[8]);
  const image = kallsymsImage(symbols, options);

  it('with any bytes changed ends in fewer or other symbols, never in an exception', () => {
    const place = fc.nat({ max: image.bytes.length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 20 }), (changes) => {
        const bytes = Buffer.from(image.bytes);
        for (const [at, value] of changes) bytes[at] = value;
        const found = searchKallsyms(bytes, BASE[8]);
        const tables = found && readKallsyms(new KernelImage(bufferMemory(bytes), found.pointerSize, BASE[8]), found);
        if (tables === undefined) return;
        const kallsyms = new Kallsyms(tables);
        kallsyms.address('_text');
        expect([...kallsyms.symbols()].length).toBe(kallsyms.size);
      }),
      { numRuns: 300 },
    );
  });

  it('with a lying count reads what is there', () => {
    const bytes = Buffer.from(image.bytes);
    bytes.writeUInt32LE(3_999_999, image.at.numSyms);
    const at = (offset: number): bigint => BigInt(offset);
    const location: KallsymsLocation = {
      names: at(image.at.names),
      numSyms: at(image.at.numSyms),
      tokenTable: at(image.at.tokenTable),
      tokenIndex: at(image.at.tokenIndex),
      values: at(image.at.values),
      relativeBase: at(image.at.relativeBase),
      scheme: 'base-relative',
    };
    // The addresses would end far behind the memory's end.
    expect(readKallsyms(new KernelImage(bufferMemory(bytes), 8, 0n), location)).toBeUndefined();
  });

  it('takes ten thousand symbols of one name in its stride', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      name: 'x',
      kind: 't',
      address: BASE[8] + BigInt(index),
    }));
    const { bytes } = kallsymsImage(many, options);
    const found = searchKallsyms(bytes, 0n)!;
    const kallsyms = new Kallsyms(readKallsyms(new KernelImage(bufferMemory(bytes), 8, 0n), found)!);
    expect(kallsyms.address('x')).toBe(BASE[8]);
    expect(kallsyms.address('y')).toBeUndefined();
  });
});
