/**
 * Writes a profile as a symbol file (ISF 6.2.0) that this project and Volatility 3 both load.
 *
 * Anonymous members appear under the names of their own members, as in `StructType`; link-time addresses, so that the
 * file serves every boot of the same build.
 */
import { GLOBAL_TYPES } from '../linux/global-types.js';
import type { EnumType, Field, KernelSymbol, Profile, StructType, TypeRef } from '../types.js';
import type { IsfBaseType, IsfEnum, IsfField, IsfInteger, IsfSymbol, IsfType, IsfUserType } from './isf-document.js';

export interface WriteIsfOptions {
  /** Run-time minus linked address of the profile's symbols (KASLR); they are written without it. */
  readonly shift?: bigint;
  /** Addresses below are absolute (per-CPU offsets, constants): written as they are. */
  readonly lowest?: bigint;
  /** Only these structures, and those embedded in them; default all. */
  readonly structs?: Iterable<string>;
  /** Enumerations besides those that members have as their types; default all. */
  readonly enums?: Iterable<string>;
  /** Only these symbols; default all. */
  readonly symbols?: Iterable<KernelSymbol>;
  /** Where types and symbols came from, for the file's metadata. The format knows the kinds dwarf, symtab and system-map. */
  readonly origin?: { readonly kind: string; readonly name: string };
  /** For Windows kernels what the metadata say instead: which program database the file was made from. */
  readonly windows?: object;
}

export interface IsfFile {
  metadata: object;
  base_types: Record<string, IsfBaseType>;
  user_types: Record<string, IsfUserType>;
  enums: Record<string, IsfEnum>;
  symbols: Record<string, IsfSymbol>;
}

const FORMAT = '6.2.0';

/** The symbol file as an object; `stringifyIsf` makes text of it. */
export function writeIsf(profile: Profile, options: WriteIsfOptions = {}): IsfFile {
  const writer = new IsfWriter(profile);
  const { types } = profile;
  for (const name of options.structs ?? [...types.structNames(), ...(types.aliasNames?.() ?? [])])
    writer.addStruct(name);
  for (const name of options.enums ?? profile.types.enumNames()) writer.addEnum(name);
  const { shift = 0n, lowest = 0n } = options;
  for (const { name, address } of options.symbols ?? profile.symbols.symbols()) {
    writer.addSymbol(name, address >= lowest ? address - shift : address);
  }
  if (options.windows !== undefined) return writer.file(options.windows);
  return writer.linuxFile(
    options.origin ?? { kind: 'symtab', name: `kallsyms and BTF of ${profile.release}, in memory` },
  );
}

/** The file's text, one record a line; addresses beyond 2^53 are exact, which `JSON.stringify` alone cannot do. */
export function stringifyIsf(file: IsfFile): string {
  const sections = Object.entries(file).map(([section, records]) => {
    const lines = Object.entries(records as object).map(
      ([name, record]) => `${JSON.stringify(name)}:${JSON.stringify(record)}`,
    );
    return `${JSON.stringify(section)}:{\n${lines.join(',\n')}\n}`;
  });
  return `{${sections.join(',\n')}}\n`.replace(/:"(-?\d{16,20})"(?=[,}])/g, ':$1');
}

class IsfWriter {
  readonly #profile: Profile;
  readonly #baseTypes = new Map<string, IsfBaseType>();
  readonly #userTypes = new Map<string, IsfUserType>();
  readonly #enums = new Map<string, IsfEnum>();
  readonly #symbols = new Map<string, IsfSymbol>();

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#base('pointer', profile.pointerSize, false, 'int');
    this.#base('void', 0, false, 'void');
  }

  addStruct(name: string): void {
    const pending = [name];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.#userTypes.has(next)) continue;
      const struct = this.#profile.types.struct(next);
      if (struct === undefined) continue;
      this.#userTypes.set(next, this.#userType(struct));
      for (const field of struct.fields.values()) {
        const inner = embedded(field.type);
        if (inner?.kind === 'struct') pending.push(inner.name);
        else if (inner?.kind === 'enum') this.addEnum(inner.name);
      }
    }
  }

  addEnum(name: string): void {
    const type = this.#enums.has(name) ? undefined : this.#profile.types.enum(name);
    if (type !== undefined) this.#enums.set(name, this.#enum(type));
  }

  /** Of two symbols with one name the first counts, as in lookups. */
  addSymbol(name: string, address: bigint): void {
    if (this.#symbols.has(name)) return;
    // Volatility 3 finds the file that fits an image by what linux_banner holds.
    const banner = Buffer.from(`${this.#profile.banner}\n\0`, 'latin1').toString('base64');
    const data = name === 'linux_banner' && this.#profile.banner !== '' ? { constant_data: banner } : {};
    const type = this.#globalType(name);
    this.#symbols.set(name, { address: exact(address), ...(type === undefined ? {} : { type }), ...data });
  }

  /** The declared type of a global variable, where it is a known one and its structure is in the file. */
  #globalType(name: string): IsfType | undefined {
    const known = Object.hasOwn(GLOBAL_TYPES, name) ? GLOBAL_TYPES[name] : undefined;
    if (known === undefined || this.#profile.os !== 'linux') return undefined;
    if (known.integer !== undefined) {
      return { kind: 'base', name: this.#base(known.integer, this.#profile.pointerSize, false, 'int') };
    }
    const struct = known.struct ?? known.pointerTo ?? '';
    if (!this.#userTypes.has(struct)) return undefined;
    const type: IsfType = { kind: 'struct', name: struct };
    return known.pointerTo === undefined ? type : { kind: 'pointer', subtype: type };
  }

  linuxFile({ kind, name }: { readonly kind: string; readonly name: string }): IsfFile {
    return this.file({ symbols: [{ kind, name }], types: [{ kind, name }] });
  }

  /** @param system what the metadata say about the kernel, under the name of its system */
  file(system: object): IsfFile {
    return {
      metadata: {
        format: FORMAT,
        producer: { name: 'memlapse', version: '0.1.0' },
        [this.#profile.os]: system,
      },
      base_types: Object.fromEntries(this.#baseTypes),
      user_types: Object.fromEntries(this.#userTypes),
      enums: Object.fromEntries(this.#enums),
      symbols: Object.fromEntries(this.#symbols),
    };
  }

  #userType(struct: StructType): IsfUserType {
    const fields = [...struct.fields.values()].map((field) => [field.name, this.#field(field)] as const);
    return { kind: struct.union ? 'union' : 'struct', size: struct.size, fields: Object.fromEntries(fields) };
  }

  #field({ offset, type }: Field): IsfField {
    if (type.kind !== 'bitfield') return { offset, type: this.#type(type) };
    const { size, signed, position, bits } = type;
    const base: IsfType = { kind: 'base', name: this.#integer(size, signed) };
    return { offset, type: { kind: 'bitfield', bit_position: position, bit_length: bits, type: base } };
  }

  #type(type: TypeRef): IsfType {
    switch (type.kind) {
      case 'int':
        return { kind: 'base', name: this.#base(type.name, type.size, type.signed, type.char ? 'char' : 'int') };
      case 'float':
        return { kind: 'base', name: this.#base(type.name, type.size, true, 'float') };
      case 'bool':
        return { kind: 'base', name: this.#base(type.name, type.size, false, 'bool') };
      case 'void':
        return { kind: 'base', name: 'void' };
      case 'pointer':
        return { kind: 'pointer', subtype: this.#type(type.target) };
      case 'array':
        return { kind: 'array', count: type.count, subtype: this.#type(type.element) };
      case 'struct':
        return { kind: this.#profile.types.struct(type.name)?.union ? 'union' : 'struct', name: type.name };
      case 'enum':
        return { kind: 'enum', name: type.name };
      case 'function':
        return { kind: 'function' };
      case 'bitfield':
        return { kind: 'base', name: this.#integer(type.size, type.signed) };
    }
  }

  #enum({ size, constants }: EnumType): IsfEnum {
    const signed = [...constants.values()].some((value) => value < 0n);
    const entries = [...constants].map(([name, value]) => [name, exact(value)] as const);
    return { size, base: this.#integer(size, signed), constants: Object.fromEntries(entries) };
  }

  #integer(size: number, signed: boolean): string {
    return this.#base(`${signed ? 'int' : 'uint'}${size * 8}_t`, size, signed, 'int');
  }

  #base(name: string, size: number, signed: boolean, kind: IsfBaseType['kind']): string {
    if (!this.#baseTypes.has(name)) this.#baseTypes.set(name, { size, signed, kind, endian: 'little' });
    return name;
  }
}

/** The structure or enumeration that lies inside of a member of this type, not behind a pointer. */
function embedded(type: TypeRef): TypeRef | undefined {
  if (type.kind === 'array') return embedded(type.element);
  return type.kind === 'struct' || type.kind === 'enum' ? type : undefined;
}

/** As a number where a double holds it, else as digits. */
function exact(value: bigint): IsfInteger {
  return value >= -(10n ** 15n) && value < 10n ** 15n ? Number(value) : value.toString();
}
