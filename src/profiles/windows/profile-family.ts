/**
 * Type tables of the builds of one Windows release in one file, where what several builds have in common is there once.
 *
 * The format is described by profiles-data/schema/windows-family.schema.json. A build of it is an ordinary symbol file
 * (`IsfDocument`), put together when it is asked for; its records are checked there, when they are read.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { InvariantError } from '../../core/errors.js';
import type { IsfBaseType, IsfEnum, IsfUserType } from '../isf/isf-document.js';
import { IsfDocument } from '../isf/isf-document.js';

/** Which of a name's records a build has: its index. Names that are not in it, it does not have. */
type Choice = Readonly<Record<string, number>>;

export interface FamilyBuild {
  /** Of the kernel, as `kernelIdentity` gives it; missing where the source of the table does not say. */
  readonly identity?: string;
  /** `10.0.19041.804`. */
  readonly version: string;
  readonly remark?: string;
  readonly base_types: Choice;
  readonly user_types: Choice;
  readonly enums: Choice;
  /** RVAs in the order of `symbol_names`; 0 for those that the build does not have. */
  readonly symbols: readonly number[];
}

export interface ProfileFamily {
  readonly format: 1;
  /** Where the tables are from. */
  readonly source: readonly { readonly name: string; readonly url: string; readonly licence: string }[];
  readonly symbol_names: readonly string[];
  readonly base_types: Readonly<Record<string, readonly IsfBaseType[]>>;
  readonly user_types: Readonly<Record<string, readonly IsfUserType[]>>;
  readonly enums: Readonly<Record<string, readonly IsfEnum[]>>;
  readonly builds: readonly FamilyBuild[];
}

/** Reads a family file of the package. */
export function readFamily(path: string): ProfileFamily {
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as ProfileFamily;
}

/** The symbol file of one build. @param name what messages call it */
export function familyDocument(family: ProfileFamily, build: FamilyBuild, name: string): IsfDocument {
  const pick = (section: 'base_types' | 'user_types' | 'enums') =>
    Object.fromEntries(
      Object.entries(build[section]).map(([key, index]) => {
        const record = family[section][key]?.[index];
        if (record === undefined) throw new InvariantError(`${name} has no variant ${index} of ${key}`);
        return [key, record];
      }),
    );
  const symbols = family.symbol_names.flatMap((symbol, index) => {
    const address = build.symbols[index] ?? 0;
    return address === 0 ? [] : [[symbol, { address }] as const];
  });
  const document = {
    metadata: {
      format: '6.2.0',
      producer: { name: 'memlapse', version: '0.1.0' },
      windows: metadataOf(build.identity),
    },
    base_types: pick('base_types'),
    user_types: pick('user_types'),
    enums: pick('enums'),
    symbols: Object.fromEntries(symbols),
  };
  return new IsfDocument(name, Buffer.from(JSON.stringify(document)));
}

function metadataOf(identity: string | undefined): object {
  const [, database, GUID, age] = /^(.+)\/([0-9A-F]{32})-(\d+)$/.exec(identity ?? '') ?? [];
  return database === undefined ? {} : { pdb: { database, GUID, age: Number(age) } };
}
