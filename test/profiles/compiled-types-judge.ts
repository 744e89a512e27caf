/** Compares a type source made from the program of `compiled-types.ts` with what that program printed about itself. */
import { expect } from 'vitest';
import type { Field, TypeSource } from '../../src/profiles/types.js';
import type { CompilerFacts } from './compiled-types.js';

const INT = { kind: 'int', name: 'int', size: 4, signed: true } as const;

/**
 * Asserts sizes, offsets, bit positions, the form of each member's type, and enumerations.
 *
 * @param matrix dimensions of `everything.matrix`, where a writer of the format is known to get them wrong
 */
export function judgeTypes(types: TypeSource, facts: CompilerFacts, matrix: readonly number[] = [3, 5]): void {
  const pointer = types.pointerSize;
  const sizes = Object.keys(facts.sizes).map((name) => [name, types.struct(name)?.size]);
  expect(Object.fromEntries(sizes)).toEqual(facts.sizes);
  const fields = types.struct('everything')?.fields ?? new Map<string, Field>();
  const offsets = Object.keys(facts.offsets).map((path) => [path, fields.get(path.split('.')[1] ?? '')?.offset]);
  expect(Object.fromEntries(offsets)).toEqual(facts.offsets);
  const bits = Object.keys(facts.bits).map((path) => [path, maskOf(types, path)]);
  expect(Object.fromEntries(bits)).toEqual(facts.bits);

  const type = (name: string) => fields.get(name)?.type;
  const char = { kind: 'int', name: 'char', size: 1, signed: true, char: true };
  expect(type('name')).toEqual({ kind: 'array', count: 16, element: char });
  expect(type('flags')).toMatchObject({ kind: 'int', size: pointer, signed: false });
  expect(type('ready')).toMatchObject({ kind: 'bool', size: 1 });
  expect(type('list')).toEqual({ kind: 'struct', name: 'list_head' });
  const arrays = matrix.reduceRight<object>((element, count) => ({ kind: 'array', count, element }), INT);
  expect(type('matrix')).toEqual(arrays);
  expect(type('callback')).toEqual({ kind: 'pointer', size: pointer, target: { kind: 'function' } });
  expect(type('unknown')).toEqual({ kind: 'pointer', size: pointer, target: { kind: 'struct', name: 'forward' } });
  expect(type('word')).toEqual({ kind: 'struct', name: 'word' });
  expect(type('color')).toEqual({ kind: 'enum', name: 'color', size: 4, signed: true });
  expect(type('wide')).toEqual({ kind: 'enum', name: 'wide', size: 8, signed: false });
  expect(type('plain')).toEqual({ kind: 'enum', name: 'plain_t', size: 4, signed: false });
  expect(type('count')).toEqual({ kind: 'struct', name: 'atomic_t' });
  expect(type('alias')).toEqual({ kind: 'struct', name: 'atomic_t' });
  expect(type('inner_third')).toMatchObject({ kind: 'int', size: pointer, signed: true });
  expect(type('middle')).toMatchObject({ kind: 'bitfield', signed: true, bits: 11 });
  expect(type('far')).toMatchObject({ kind: 'bitfield', signed: false, bits: 37 });
  expect(type('text')).toEqual({ kind: 'pointer', size: pointer, target: char });
  expect(type('ratio')).toEqual({ kind: 'float', name: 'double', size: 8 });
  expect(type('tail')).toMatchObject({ kind: 'array', count: 0 });

  expect(types.struct('word')?.union).toBe(true);
  expect(types.struct('atomic_t')?.fields.get('counter')).toEqual({ name: 'counter', offset: 0, type: INT });
  expect(types.struct('atomic_alias_t')?.fields.get('counter')?.offset).toBe(0);
  const named = type('named');
  expect(named?.kind === 'struct' && [...(types.struct(named.name)?.fields.keys() ?? [])]).toEqual(['deep']);
  expect(types.struct('forward')).toBeUndefined();
  expect([...(types.enum('color')?.constants ?? [])]).toEqual([
    ['RED', -2n],
    ['GREEN', 0n],
    ['BLUE', 0x7fffffffn],
  ]);
  expect(types.enum('wide')?.constants.get('LARGE')).toBe(0x123456789abcdefn);
  expect(types.enum('plain_t')?.constants.get('PLAIN_TWO')).toBe(2n);
  expect([...types.structNames()]).toEqual(expect.arrayContaining(['everything', 'list_head', 'word', 'packed_bits']));
  expect([...types.enumNames()]).toEqual(expect.arrayContaining(['color', 'wide']));
}

/** The bits of a bit-field within its structure, all ones, printed as the program does. */
function maskOf(types: TypeSource, path: string): string | undefined {
  const [struct = '', name = ''] = path.split('.');
  const field = types.struct(struct)?.fields.get(name);
  const type = field?.type;
  if (type?.kind !== 'bitfield' || field === undefined) return undefined;
  const mask = ((1n << BigInt(type.bits)) - 1n) << BigInt(field.offset * 8 + type.position);
  return mask.toString(16).padStart((types.struct(struct)?.size ?? 0) * 2, '0');
}
