/**
 * Builds of one Windows release as one file: a type that is the same in several is there once.
 *
 * Compilers number structures without a name, each build anew; here they are named by what is in them, so that equal ones
 * are equal.
 */
import { createHash } from 'node:crypto';
import type { IsfBaseType, IsfEnum, IsfField, IsfType, IsfUserType } from '../../src/profiles/isf/isf-document.js';
import type { IsfFile } from '../../src/profiles/isf/write-isf.js';
import type { FamilyBuild, ProfileFamily } from '../../src/profiles/windows/profile-family.js';

export interface Wanted {
  readonly structs: readonly string[];
  readonly enums: readonly string[];
  readonly symbols: readonly string[];
}

export interface SourceBuild {
  /** `x64-19041`. */
  readonly family: string;
  /** Of the kernel, as `kernelIdentity` gives it; unknown for tables that don't say. */
  readonly identity?: string;
  readonly version: string;
  readonly remark?: string;
  read(wanted: Wanted): IsfFile;
}

/** One family file from its builds. */
export function makeFamily(
  builds: readonly SourceBuild[],
  wanted: Wanted,
  source: ProfileFamily['source'],
): ProfileFamily {
  const variants = {
    base_types: new Variants<IsfBaseType>(),
    user_types: new Variants<IsfUserType>(),
    enums: new Variants<IsfEnum>(),
  };
  const made = builds.map(({ identity, version, remark, read }): FamilyBuild => {
    const file = withStableNames(read(wanted));
    return {
      ...(identity !== undefined && { identity }),
      version,
      ...(remark !== undefined && { remark }),
      base_types: variants.base_types.add(file.base_types),
      user_types: variants.user_types.add(file.user_types),
      enums: variants.enums.add(file.enums),
      symbols: wanted.symbols.map((name) => Number(file.symbols[name]?.address ?? 0)),
    };
  });
  return {
    format: 1,
    source,
    symbol_names: wanted.symbols,
    base_types: variants.base_types.records,
    user_types: variants.user_types.records,
    enums: variants.enums.records,
    builds: made,
  };
}

/** The different records under each name, and which of them a build has. */
class Variants<Kind> {
  readonly records: Record<string, Kind[]> = {};
  readonly #texts = new Map<string, number>();

  /** Index of the build's record by name. */
  add(section: Readonly<Record<string, Kind>>): Record<string, number> {
    const choice: Record<string, number> = {};
    for (const [name, record] of Object.entries(section)) {
      const key = `${name} ${JSON.stringify(record)}`;
      let index = this.#texts.get(key);
      if (index === undefined) {
        this.records[name] ??= [];
        index = this.records[name].push(record) - 1;
        this.#texts.set(key, index);
      }
      choice[name] = index;
    }
    return choice;
  }
}

const UNNAMED = /^(?:__unnamed|__anonymous|<unnamed|<anonymous)/;

function withStableNames(file: IsfFile): IsfFile {
  const names = new Map<string, string>();
  const open = new Set<string>();
  const nameOf = (name: string): string => {
    const { user_types: types, enums } = file;
    if (!UNNAMED.test(name)) return name;
    const known = names.get(name);
    if (known !== undefined) return known;
    const record = types[name] ?? enums[name];
    // One that is only pointed to, or leads back to itself, has no contents to be named by.
    if (record === undefined || open.has(name)) return '__unnamed';
    open.add(name);
    const contents = JSON.stringify(types[name] === undefined ? record : renamed(types[name]));
    open.delete(name);
    const stable = `__unnamed_${createHash('sha1').update(contents).digest('hex').slice(0, 8)}`;
    names.set(name, stable);
    return stable;
  };
  const renamedType = (type: IsfType): IsfType => {
    switch (type.kind) {
      case 'pointer':
      case 'array':
        return { ...type, subtype: renamedType(type.subtype) };
      case 'bitfield':
        return { ...type, type: renamedType(type.type) };
      case 'function':
        return type;
      default:
        return { ...type, name: nameOf(type.name) };
    }
  };
  const renamed = (record: IsfUserType): IsfUserType => {
    const fields = Object.entries(record.fields).map(([name, field]): [string, IsfField] => [
      name,
      { ...field, type: renamedType(field.type) },
    ]);
    return { ...record, fields: Object.fromEntries(fields) };
  };
  const entries = Object.entries(file.user_types).map(([name, record]) => [nameOf(name), renamed(record)] as const);
  const enums = Object.entries(file.enums).map(([name, record]) => [nameOf(name), record] as const);
  return { ...file, user_types: Object.fromEntries(entries), enums: Object.fromEntries(enums) };
}
