/**
 * Structures and symbols of one NT kernel build for the synthetic guest, from the tables in profiles-data/windows.
 *
 * The tables are facts about Microsoft's builds; what reads them here is written anew, so that it shares nothing with src.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

interface Type {
  readonly kind: string;
  readonly name?: string;
  readonly count?: number;
  readonly subtype?: Type;
  readonly type?: Type;
  readonly bit_position?: number;
  readonly bit_length?: number;
}

interface Struct {
  readonly size: number;
  readonly fields: Readonly<Record<string, { readonly offset: number; readonly type: Type }>>;
}

interface Build {
  readonly identity?: string;
  readonly version: string;
  readonly base_types: Readonly<Record<string, number>>;
  readonly user_types: Readonly<Record<string, number>>;
  readonly symbols: readonly number[];
}

interface Family {
  readonly symbol_names: readonly string[];
  readonly base_types: Readonly<Record<string, readonly { readonly size: number }[]>>;
  readonly user_types: Readonly<Record<string, readonly Struct[]>>;
  readonly builds: readonly Build[];
}

/** A member: where it is, and which bits of it where it is a bit-field. */
export interface NtMember {
  readonly offset: number;
  readonly size: number;
  readonly struct?: string;
  readonly bits?: { readonly position: number; readonly length: number };
}

const FOLDER = new URL('../../../profiles-data/windows/', import.meta.url);
const POINTER_SIZE = 8;

/** Builds of which types are known but no symbols, and the build whose symbols their guests have. */
const WITHOUT_SYMBOLS: Readonly<Record<string, string>> = { '10.0.26100': '10.0.22000.739' };

function readFamily(version: string): Family {
  const number = version.split('.')[2];
  return JSON.parse(gunzipSync(readFileSync(new URL(`x64-${number}.json.gz`, FOLDER))).toString()) as Family;
}

function buildWithSymbols(version: string): Build | undefined {
  return readFamily(version).builds.find((one) => one.version === version && one.identity !== undefined);
}

export class NtTypes {
  /** `10.0.19041.804`. */
  readonly version: string;
  /** `ntkrnlmp.pdb/5278…-1`. */
  readonly identity: string;
  readonly #family: Family;
  readonly #build: Build;

  /**
   * @param version of a build that profiles-data knows by its program database; or of one of `WITHOUT_SYMBOLS`, whose variables
   * are then where another build has them
   */
  constructor(version: string) {
    this.#family = readFamily(version);
    const types = this.#family.builds.find((one) => one.version === version);
    const named = buildWithSymbols(WITHOUT_SYMBOLS[version] ?? version);
    if (types === undefined || named?.identity === undefined)
      throw new Error(`there is no table of Windows ${version}`);
    this.#build = version in WITHOUT_SYMBOLS ? { ...types, symbols: named.symbols } : named;
    this.version = version;
    this.identity = named.identity;
  }

  /** `19041`. */
  get buildNumber(): number {
    return Number(this.version.split('.')[2]);
  }

  hasStruct(name: string): boolean {
    return Object.hasOwn(this.#build.user_types, name);
  }

  size(struct: string): number {
    return this.#struct(struct).size;
  }

  has(struct: string, path: string): boolean {
    return this.#find(struct, path) !== undefined;
  }

  member(struct: string, path: string): NtMember {
    const found = this.#find(struct, path);
    if (found === undefined) throw new Error(`${struct} of Windows ${this.version} has no ${path}`);
    return found;
  }

  /** Distance of a kernel variable from the kernel's base; undefined for those that the build does not have. */
  rva(symbol: string): number | undefined {
    return this.#build.symbols[this.#family.symbol_names.indexOf(symbol)] || undefined;
  }

  /** All of them. */
  *rvas(): Generator<readonly [string, number]> {
    for (const [index, name] of this.#family.symbol_names.entries()) {
      const rva = this.#build.symbols[index] ?? 0;
      if (rva !== 0) yield [name, rva];
    }
  }

  #struct(name: string): Struct {
    const index = this.#build.user_types[name];
    const struct = index === undefined ? undefined : this.#family.user_types[name]?.[index];
    if (struct === undefined) throw new Error(`Windows ${this.version} has no ${name}`);
    return struct;
  }

  #find(struct: string, path: string): NtMember | undefined {
    const [first = '', ...rest] = path.split('.');
    const [, name = '', index] = /^(\w+)(?:\[(\d+)\])?$/.exec(first) ?? [];
    const field = this.hasStruct(struct) ? this.#struct(struct).fields[name] : undefined;
    if (field === undefined) return undefined;
    const type = index === undefined ? field.type : (field.type.subtype as Type);
    const offset = field.offset + (index === undefined ? 0 : Number(index) * this.#sizeOf(type));
    const inner = type.kind === 'struct' || type.kind === 'union' ? type.name : undefined;
    if (rest.length > 0) {
      const below = inner === undefined ? undefined : this.#find(inner, rest.join('.'));
      return below && { ...below, offset: offset + below.offset };
    }
    const bits = type.kind === 'bitfield' && {
      bits: { position: type.bit_position ?? 0, length: type.bit_length ?? 0 },
    };
    return { offset, size: this.#sizeOf(type), ...(inner !== undefined && { struct: inner }), ...bits };
  }

  #sizeOf(type: Type): number {
    switch (type.kind) {
      case 'pointer':
        return POINTER_SIZE;
      case 'array':
        return (type.count ?? 0) * this.#sizeOf(type.subtype as Type);
      case 'bitfield':
        return this.#sizeOf(type.type as Type);
      case 'struct':
      case 'union':
        return this.#struct(type.name ?? '').size;
      case 'enum':
        return 4;
      default: {
        const name = type.name ?? '';
        return this.#family.base_types[name]?.[this.#build.base_types[name] ?? 0]?.size ?? 0;
      }
    }
  }
}
