/** BTF: what gcc and the kernel's build write, judged by the compiler and by bpftool; then forged and damaged sections. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Btf } from '../../../src/formats/btf/btf.js';
import { isModifier, KIND } from '../../../src/formats/btf/layout.js';
import { readElf } from '../../../src/formats/elf/elf-file.js';
import { openMemory } from '../../../src/formats/open-image.js';
import { bufferSource } from '../../../src/formats/sources/buffer-source.js';
import { BtfTypeSource } from '../../../src/profiles/btf/btf-type-source.js';
import { KernelImage } from '../../../src/profiles/linux/kernel-image.js';
import { loadLinuxProfile } from '../../../src/profiles/linux/load-profile.js';
import { imageSlide } from '../../../src/profiles/linux/location.js';
import { linuxImages, type TestImage } from '../../ground-truth/images.js';
import { canCompile, withCompiled } from '../../profiles/compiled-types.js';
import { judgeTypes } from '../../profiles/compiled-types-judge.js';
import { type BtfRecord, btfImage, stringLength } from './btf-image.js';

function openSection(executable: string): Btf {
  const elf = readElf(bufferSource(readFileSync(executable)))!;
  return Btf.open(elf.sectionBytes(elf.section('.BTF')!))!;
}

// gcc's own -gbtf is no judge: version 12 turns array dimensions around and leaves the sign of enumerations out.
describe('BTF of one program', () => {
  it.skipIf(!canCompile(['-g']) || !isInstalled('pahole'))('written by pahole, as for kernels', () => {
    withCompiled(['-g'], (executable, facts) => {
      execFileSync('pahole', ['-J', '--btf_gen_floats', executable]);
      // pahole writes an array of several dimensions as one of their product.
      judgeTypes(new BtfTypeSource(openSection(executable), 8), facts, [15]);
    });
  });
});

const btfImages = linuxImages().filter(({ arch, name }) => arch === 'amd64' && !name.endsWith('4g'));

describe.skipIf(btfImages.length === 0 || !isInstalled('bpftool'))('BTF of kernels, as bpftool prints it', () => {
  it.each(btfImages.map((image) => [image.name, image] as const))('%s', async (_, image) => {
    const bytes = await kernelBtf(image);
    const btf = Btf.open(bytes)!;
    expect(btf.damage).toBeUndefined();
    const printed = bpftoolDump(bytes);
    expect(btf.typeCount).toBe(printed.length);
    const ours = printed.map((_line, index) => describeType(btf, index + 1));
    expect(ours.find((line, index) => line !== printed[index])).toBeUndefined();
    expect(ours.length).toBe(printed.length);
  });
});

const INT: BtfRecord = { name: 'int', kind: KIND.int, value: 4, trailer: [0x01000020] };

describe('forged BTF', () => {
  it('with typedefs in a circle resolves them to void', () => {
    const btf = Btf.open(
      btfImage([
        { name: 'a', kind: KIND.typedef, value: 2 },
        { name: 'b', kind: KIND.typedef, value: 1 },
        { name: 's', kind: KIND.struct, value: 4, elementWords: 3, trailer: ['m', 1, 0] },
      ]),
    )!;
    expect(btf.resolve(1)).toBe(0);
    expect(new BtfTypeSource(btf, 8).struct('s')?.fields.get('m')?.type).toEqual({ kind: 'void' });
    expect(new BtfTypeSource(btf, 8).struct('a')).toBeUndefined();
  });

  it('with a struct inside of itself, without a name, ends', () => {
    const wide = Array.from({ length: 500 }, () => ['', 1, 0]).flat();
    const btf = Btf.open(btfImage([{ kind: KIND.struct, value: 4, elementWords: 3, trailer: wide }, INT]))!;
    const started = new BtfTypeSource(btf, 8).struct('unnamed_1');
    expect(started?.fields.size).toBe(0);
  });

  it('with a pointer to itself ends', () => {
    const btf = Btf.open(
      btfImage([
        { kind: KIND.pointer, value: 1 },
        { name: 's', kind: KIND.struct, value: 8, elementWords: 3, trailer: ['p', 1, 0] },
      ]),
    )!;
    expect(new BtfTypeSource(btf, 8).struct('s')?.fields.get('p')?.type.kind).toBe('pointer');
  });

  it('with an element count that runs past the end keeps what came before', () => {
    const btf = Btf.open(btfImage([INT, { name: 's', kind: KIND.struct, value: 4, count: 0xffff, trailer: [] }]))!;
    expect(btf.typeCount).toBe(1);
    expect(btf.damage).toBe('type 2 runs past the end');
  });

  it('with sections outside of the bytes is none', () => {
    const image = btfImage([INT]);
    image.writeUInt32LE(0xffff_ffff, 12);
    expect(Btf.open(image)).toBeUndefined();
    expect(Btf.open(image.subarray(0, 10))).toBeUndefined();
  });

  it('with any bytes changed describes fewer or other types, never throws', () => {
    const image = btfImage([
      INT,
      { kind: KIND.pointer, value: 4 },
      { kind: KIND.array, value: 0, trailer: [1, 1, 7] },
      { name: 's', kind: KIND.struct, value: 64, elementWords: 3, trailer: ['a', 1, 0, 'b', 2, 64, '', 5, 128] },
      { kind: KIND.union, value: 8, elementWords: 3, trailer: ['c', 1, 0, 'd', 3, 0] },
      { name: 'e', kind: KIND.enum, value: 4, elementWords: 2, trailer: ['ONE', 1] },
      { name: 't', kind: KIND.typedef, value: 4 },
    ]);
    const place = fc.nat({ max: image.length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 }), (changes) => {
        const bytes = Buffer.from(image);
        for (const [at, value] of changes) bytes[at] = value;
        const btf = Btf.open(bytes);
        if (btf === undefined) return;
        const types = new BtfTypeSource(btf, 8);
        for (const name of [...types.structNames(), 's', 't', 'unnamed_5']) types.struct(name);
        for (const name of [...types.enumNames(), 'e']) types.enum(name);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('split BTF', () => {
  it('finds a type whose name stands in its base, where it means something else', () => {
    const baseBytes = btfImage([INT, { name: 'shared', kind: KIND.forward, value: 0 }]);
    const image = btfImage([{ name: 'shared', kind: KIND.struct, value: 4, elementWords: 3, trailer: ['x', 1, 0] }], {
      stringStart: stringLength(baseBytes),
    });
    // The name's offset in the base's strings, as the kernel's build writes it.
    image.writeUInt32LE(baseBytes.indexOf('shared') - (baseBytes.length - stringLength(baseBytes)), 24);
    const types = new BtfTypeSource(Btf.open(image, Btf.open(baseBytes))!, 8, 'm1');
    expect(types.struct('shared')?.fields.get('x')?.offset).toBe(0);
  });

  it('tells its nameless types from those of other modules', () => {
    const base = Btf.open(btfImage([INT]))!;
    const image = btfImage(
      [
        { kind: KIND.struct, value: 4, elementWords: 3, trailer: ['deep', 1, 0] },
        { name: 'outer', kind: KIND.struct, value: 4, elementWords: 3, trailer: ['inner', 2, 0] },
      ],
      { stringStart: base.stringEnd },
    );
    const types = new BtfTypeSource(Btf.open(image, base)!, 8, 'm1');
    expect(types.struct('outer')?.fields.get('inner')?.type).toEqual({ kind: 'struct', name: 'unnamed_2@m1' });
    expect([...(types.struct('unnamed_2@m1')?.fields.keys() ?? [])]).toEqual(['deep']);
    expect(types.struct('unnamed_2@m2')).toBeUndefined();
    expect(types.struct('unnamed_2')).toBeUndefined();
  });

  it('counts ids and strings on from its base', () => {
    const baseBytes = btfImage([
      INT,
      { name: 'of_base', kind: KIND.struct, value: 4, elementWords: 3, trailer: ['x', 1, 0] },
    ]);
    const base = Btf.open(baseBytes)!;
    const records: BtfRecord[] = [
      { name: 'of_module', kind: KIND.struct, value: 8, elementWords: 3, trailer: ['inner', 2, 0, 'number', 1, 32] },
    ];
    const btf = Btf.open(btfImage(records, { stringStart: stringLength(baseBytes) }), base)!;
    expect([btf.firstId, btf.endId]).toEqual([3, 4]);
    const types = new BtfTypeSource(btf, 8);
    expect([...types.structNames()]).toEqual(['of_module']);
    expect(types.struct('of_base')).toBeUndefined();
    expect(types.struct('of_module')?.fields.get('inner')?.type).toEqual({ kind: 'struct', name: 'of_base' });
    expect(types.struct('of_module')?.fields.get('number')?.offset).toBe(4);
  });
});

/** Debian has bpftool in /usr/sbin. */
function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
}

function isInstalled(tool: string): boolean {
  const { error } = spawnSync(tool, ['--version'], { stdio: 'ignore', env: withSbin() });
  return (error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT';
}

async function kernelBtf(image: TestImage): Promise<Buffer> {
  const memory = await openMemory(await image.path());
  try {
    const { location, profile } = loadLinuxProfile(memory, { cache: false })!;
    const start = profile.symbols.address('__start_BTF')!;
    const stop = profile.symbols.address('__stop_BTF')!;
    return new KernelImage(memory, 8, imageSlide('amd64', location.physBase)).bytes(start, Number(stop - start));
  } finally {
    memory.close();
  }
}

/** One text a type: the record's line and those of its elements. */
function bpftoolDump(bytes: Buffer): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'memlapse-btf-'));
  try {
    const path = join(directory, 'vmlinux.btf');
    writeFileSync(path, bytes);
    const output = execFileSync('bpftool', ['btf', 'dump', 'file', path, 'format', 'raw'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: withSbin(),
    });
    return output
      .trimEnd()
      .split(/\n(?=\[)/)
      .map((record) => record.replace(/index_type_id=\d+/, 'index_type_id=INDEX'))
      .map((record) => (/^\[\d+\] (FUNC|FUNC_PROTO|VAR|DATASEC|DECL_TAG|FWD) /.test(record) ? 'other' : record));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const LABELS: Readonly<Record<number, string>> = {
  [KIND.int]: 'INT',
  [KIND.pointer]: 'PTR',
  [KIND.array]: 'ARRAY',
  [KIND.struct]: 'STRUCT',
  [KIND.union]: 'UNION',
  [KIND.enum]: 'ENUM',
  [KIND.typedef]: 'TYPEDEF',
  [KIND.volatile]: 'VOLATILE',
  [KIND.const]: 'CONST',
  [KIND.restrict]: 'RESTRICT',
  [KIND.float]: 'FLOAT',
  [KIND.typeTag]: 'TYPE_TAG',
  [KIND.enum64]: 'ENUM64',
};

/** The type in bpftool's words; kinds that describe no data are `other`. */
function describeType(btf: Btf, id: number): string {
  const kind = btf.kind(id);
  const label = LABELS[kind];
  if (label === undefined) return 'other';
  const quoted = (name: string): string => `'${name === '' ? '(anon)' : name}'`;
  const head = `[${id}] ${label} ${quoted(btf.name(id))}`;
  const value = btf.sizeOrType(id);
  if (kind === KIND.pointer || isModifier(kind)) return `${head} type_id=${value}`;
  if (kind === KIND.float) return `${head} size=${value}`;
  if (kind === KIND.int) {
    const { flags, bitOffset, bits } = btf.intEncoding(id);
    const encoding = ['(none)', 'SIGNED', 'CHAR', 'unknown', 'BOOL'][flags];
    return `${head} size=${value} bits_offset=${bitOffset} nr_bits=${bits} encoding=${encoding}`;
  }
  if (kind === KIND.array) {
    const { element, count } = btf.array(id);
    return `${head} type_id=${element} index_type_id=INDEX nr_elems=${count}`;
  }
  if (kind === KIND.enum || kind === KIND.enum64) {
    const { signed, constants } = btf.enumeration(id);
    const suffix = kind === KIND.enum ? '' : signed ? 'LL' : 'ULL';
    const lines = [...constants].map(([name, constant]) => `\n\t${quoted(name)} val=${constant}${suffix}`);
    return `${head} encoding=${signed ? 'SIGNED' : 'UNSIGNED'} size=${value} vlen=${constants.size}${lines.join('')}`;
  }
  const members = btf.members(id);
  const lines = members.map(({ name, type, bitOffset, bits }) => {
    const width = bits === 0 ? '' : ` bitfield_size=${bits}`;
    return `\n\t${quoted(name)} type_id=${type} bits_offset=${bitOffset}${width}`;
  });
  return `${head} size=${value} vlen=${members.length}${lines.join('')}`;
}
