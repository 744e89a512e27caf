/**
 * Type tables in the form that Volatility 2 has them in: literals of Python, one structure as
 * `'_X' : [ size, { 'Member' : [ offset, [type, …]], … } ]`. Read as data; nothing in them is run.
 */
import { execFileSync } from 'node:child_process';
import { type IsfFile, writeIsf } from '../../src/profiles/isf/write-isf.js';
import type { Field, StructType, TypeRef, TypeSource } from '../../src/profiles/types.js';
import type { SourceBuild, Wanted } from './family.js';

export interface TypeTable {
  readonly family: string;
  readonly version: string;
  readonly remark: string;
  readonly table: string;
}

type Literal = number | string | readonly Literal[] | { readonly [key: string]: Literal };

/** @param repository a checkout or a bare git repository of Volatility 2 */
export function typeTableBuilds(repository: string, tables: readonly TypeTable[]): SourceBuild[] {
  return tables.map(({ family, version, remark, table }) => ({
    family,
    version,
    remark,
    read: (wanted) => pruned(readTable(repository, table), family.startsWith('x64') ? 8 : 4, wanted),
  }));
}

function readTable(repository: string, table: string): Readonly<Record<string, Literal>> {
  const path = `HEAD:volatility/plugins/overlays/windows/${table}_vtypes.py`;
  const text = execFileSync('git', ['-C', repository, 'show', path], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return parseLiteral(text.slice(text.indexOf('{'))) as Readonly<Record<string, Literal>>;
}

/** A Python literal of dictionaries, lists, strings and integers; `dict(a = 1)` too. */
export function parseLiteral(text: string): Literal {
  const json = text
    .replace(/dict\(/g, '{')
    .replace(/\)/g, '}')
    .replace(/(\w+)\s*=\s*/g, '"$1":')
    .replace(/\\x([0-9a-f]{2})/g, '\\u00$1')
    .replace(/u?'([^']*)'/g, '"$1"')
    .replace(
      /([[{:,]\s*)(-?)0x([0-9a-fA-F]+)/g,
      (_, before, sign, digits) => `${before}${sign}${BigInt(`0x${digits}`)}`,
    )
    .replace(/([{,]\s*)(-?\d+)\s*:/g, '$1"$2":')
    .replace(/,(\s*[\]}])/g, '$1');
  return JSON.parse(json) as Literal;
}

function pruned(table: Readonly<Record<string, Literal>>, pointerSize: 4 | 8, { structs }: Wanted): IsfFile {
  const types = new TableTypes(table, pointerSize);
  const profile = {
    os: 'windows' as const,
    pointerSize,
    banner: '',
    release: '',
    types,
    symbols: { address: () => undefined, nearest: () => undefined, symbols: () => [] },
    sources: [],
  };
  return writeIsf(profile, { structs, enums: [], symbols: [], windows: {} });
}

const INTEGERS: Readonly<Record<string, { readonly size: number; readonly signed: boolean }>> = {
  char: { size: 1, signed: true },
  'unsigned char': { size: 1, signed: false },
  wchar: { size: 2, signed: false },
  short: { size: 2, signed: true },
  'unsigned short': { size: 2, signed: false },
  long: { size: 4, signed: true },
  'unsigned long': { size: 4, signed: false },
  int: { size: 4, signed: true },
  'unsigned int': { size: 4, signed: false },
  'long long': { size: 8, signed: true },
  'unsigned long long': { size: 8, signed: false },
};

class TableTypes implements TypeSource {
  readonly pointerSize: 4 | 8;
  readonly #table: Readonly<Record<string, Literal>>;

  constructor(table: Readonly<Record<string, Literal>>, pointerSize: 4 | 8) {
    this.#table = table;
    this.pointerSize = pointerSize;
  }

  struct(name: string): StructType | undefined {
    const record = Object.hasOwn(this.#table, name) ? (this.#table[name] as readonly Literal[]) : undefined;
    if (record === undefined) return undefined;
    const fields = new Map<string, Field>();
    for (const [member, place] of Object.entries(record[1] as { readonly [key: string]: Literal })) {
      const [offset, type] = place as [number, readonly Literal[]];
      fields.set(member, this.#field(member, offset, type));
    }
    return { name, union: false, size: record[0] as number, fields };
  }

  enum(): undefined {
    return undefined;
  }

  structNames(): Iterable<string> {
    return Object.keys(this.#table);
  }

  enumNames(): Iterable<string> {
    return [];
  }

  #field(name: string, offset: number, type: readonly Literal[]): Field {
    if (type[0] !== 'BitField') return { name, offset, type: this.#reference(type) };
    const { start_bit, end_bit, native_type } = type[1] as { start_bit: number; end_bit: number; native_type: string };
    const { size = 4, signed = false } = INTEGERS[native_type] ?? {};
    return { name, offset, type: { kind: 'bitfield', size, signed, position: start_bit, bits: end_bit - start_bit } };
  }

  #reference(type: readonly Literal[]): TypeRef {
    const [kind, second, third] = type as [string, Literal, Literal];
    const integer = INTEGERS[kind];
    if (integer !== undefined)
      return { kind: 'int', name: kind, ...integer, ...(kind === 'char' ? { char: true } : {}) };
    if (kind === 'pointer' || kind === 'pointer64' || kind === 'pointer32') {
      const size = kind === 'pointer' ? this.pointerSize : Number(kind.slice(7)) / 8;
      return { kind: 'pointer', size, target: this.#reference((second as readonly Literal[]) ?? ['void']) };
    }
    if (kind === 'array') {
      return { kind: 'array', count: second as number, element: this.#reference(third as readonly Literal[]) };
    }
    if (kind === 'Enumeration') {
      const target = INTEGERS[(second as { target: string }).target] ?? { size: 4, signed: true };
      return { kind: 'int', name: 'long', ...target };
    }
    if (kind === 'float' || kind === 'double') return { kind: 'float', name: kind, size: kind === 'float' ? 4 : 8 };
    return Object.hasOwn(this.#table, kind) ? { kind: 'struct', name: kind } : { kind: 'void' };
  }
}
