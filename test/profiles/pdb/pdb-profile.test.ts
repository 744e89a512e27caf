import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { bufferSource } from '../../../src/formats/sources/buffer-source.js';
import { IsfDocument } from '../../../src/profiles/isf/isf-document.js';
import { isfProfile } from '../../../src/profiles/isf/isf-profile.js';
import { stringifyIsf, writeIsf } from '../../../src/profiles/isf/write-isf.js';
import { pdbProfile } from '../../../src/profiles/pdb/pdb-profile.js';
import type { TypeRef, TypeSource } from '../../../src/profiles/types.js';
import { SAMPLE_GUID, SAMPLE_TRUTH, samplePdb } from '../../formats/pdb/sample-pdb.js';

const read = (bytes: Buffer, name = 'C:/symbols/ntkrnlmp.pdb') => pdbProfile(bufferSource(bytes, name));

function bitsOf(types: TypeSource, type: TypeRef): number {
  switch (type.kind) {
    case 'bitfield':
      return type.bits;
    case 'array':
      return type.count * bitsOf(types, type.element);
    case 'struct':
      return (types.struct(type.name)?.size ?? 0) * 8;
    case 'void':
    case 'function':
      return 0;
    default:
      return type.size * 8;
  }
}

/** Size, and first bit and bits of each member. */
function shapeOf(types: TypeSource, name: string) {
  const struct = types.struct(name)!;
  const members = [...struct.fields.values()].map(({ name: member, offset, type }) => {
    const first = offset * 8 + (type.kind === 'bitfield' ? type.position : 0);
    return [member, [first, bitsOf(types, type)]];
  });
  return { size: struct.size, members: Object.fromEntries(members) };
}

describe('a program database', () => {
  it.each([512, 1024, 4096])('gives types and symbols, its blocks of %i bytes dealt out', (blockSize) => {
    const profile = read(samplePdb({ blockSize }));
    for (const [name, truth] of Object.entries(SAMPLE_TRUTH)) expect(shapeOf(profile.types, name), name).toEqual(truth);
    expect(profile.banner).toBe(`ntkrnlmp.pdb/${SAMPLE_GUID}-1`);
    expect(
      Object.fromEntries([...profile.symbols.symbols()].map(({ name, address }) => [name, Number(address)])),
    ).toEqual({
      KeBugCheckEx: 0x1020,
      PsActiveProcessHead: 0xa100,
      PspHidden: 0xa108,
      StaticData: 0xa110,
    });
    expect([...(profile.types.enum('_STATE')?.constants ?? [])]).toEqual([
      ['Ready', 0n],
      ['Running', 2n],
      ['Unknown', -1n],
      ['High', 0x9000_0000n],
    ]);
    const field = (path: string) => profile.types.struct('_EPROCESS')?.fields.get(path)?.type;
    expect(field('Callback')).toMatchObject({ kind: 'pointer', target: { kind: 'function' } });
    expect(field('State')).toMatchObject({ kind: 'enum', name: '_STATE', size: 4, signed: true });
    const union = field('u1') as { name: string };
    expect(profile.types.struct(union.name)).toMatchObject({ union: true, size: 8 });
  });

  it('makes a symbol file that says the same', () => {
    const profile = read(samplePdb());
    const text = stringifyIsf(writeIsf(profile, { windows: profile.windows }));
    const back = isfProfile(new IsfDocument('made.json', Buffer.from(text)));
    expect([back.os, back.banner, back.pointerSize]).toEqual(['windows', profile.banner, 8]);
    for (const name of Object.keys(SAMPLE_TRUTH))
      expect(shapeOf(back.types, name)).toEqual(shapeOf(profile.types, name));
    expect([...back.symbols.symbols()].map(({ name, address }) => [name, address])).toEqual(
      [...profile.symbols.symbols()].map(({ name, address }) => [name, address]),
    );
  });

  it('of a rearranged image says where things went', () => {
    const sections = [{ name: '.text', rva: 0x1000, size: 0x4000 }];
    const moves = [
      [0x1000, 0x5000],
      [0x2000, 0],
      [0x3000, 0x1000],
    ] as const;
    const symbols = [0x10, 0x1010, 0x2abc].map((offset) => ({ name: `At${offset.toString(16)}`, segment: 1, offset }));
    const profile = read(samplePdb({ omap: { sections, moves }, symbols }));
    expect([...profile.symbols.symbols()].map(({ name, address }) => [name, Number(address)])).toEqual([
      ['At10', 0x5010],
      ['At2abc', 0x1abc],
    ]);
  });

  it('of 32-bit code gives names without their decoration', () => {
    const names = ['_KeBugCheckEx@20', '@ExfInterlockedInsertHeadList@12', '_NtBuildNumber', '?method@Class@@QAEXXZ'];
    const symbols = names.map((name, index) => ({ name, segment: 1, offset: index }));
    const profile = read(samplePdb({ machine: 0x14c, symbols }));
    expect(profile.pointerSize).toBe(4);
    expect([...profile.symbols.symbols()].map(({ name }) => name)).toEqual([
      'KeBugCheckEx',
      'ExfInterlockedInsertHeadList',
      'NtBuildNumber',
      '?method@Class@@QAEXXZ',
    ]);
  });
});

describe('a damaged program database', () => {
  const whole = samplePdb();

  it('is refused in one line wherever it is cut off', () => {
    for (let length = 0; length < whole.length; length += 61) {
      expect(() => read(whole.subarray(0, length)), `${length} bytes`).toThrow(UserError);
    }
  });

  it('is refused or read, with bytes changed anywhere', () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const { at, to } of changes) bytes[at] = to;
        try {
          const { types, symbols } = read(bytes);
          for (const name of types.structNames()) types.struct(name);
          for (const name of types.enumNames()) types.enum(name);
          expect([...symbols.symbols()].length).toBeLessThan(100);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 600 },
    );
  });

  it('whose types contain or point to each other ends', () => {
    // Every type index in the records replaced by one: a structure in itself, a pointer to itself, a list that goes on in itself.
    for (let index = 0x1000; index < 0x1018; index++) {
      const bytes = Buffer.from(whole);
      for (let at = 0x400; at + 4 <= bytes.length; at += 2) {
        const value = bytes.readUInt32LE(at);
        if (value >= 0x1000 && value < 0x1020) bytes.writeUInt32LE(index, at);
      }
      try {
        const { types } = read(bytes);
        for (const name of types.structNames()) types.struct(name);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    }
  });
});
