/**
 * Builds of which only some structures are published: the table of a build before it, with these as they are published. A member
 * that is not named is not known, and left out. Such a table has no symbols and serves as a neighbour only: a kernel is read
 * with it when the image itself proves it.
 */
import type { IsfField, IsfUserType } from '../../src/profiles/isf/isf-document.js';
import type { IsfFile } from '../../src/profiles/isf/write-isf.js';
import type { SourceBuild } from './family.js';

export interface AmendedTable {
  readonly family: string;
  readonly version: string;
  readonly remark: string;
  /** Version of the build that all other structures are taken from. */
  readonly base: string;
  /** By structure: its size, and where its members are. Hexadecimal. */
  readonly structs: Readonly<
    Record<string, { readonly size: string; readonly fields: Readonly<Record<string, string>> }>
  >;
}

/** @param known the builds that may be amended */
export function amendedBuilds(tables: readonly AmendedTable[], known: readonly SourceBuild[]): SourceBuild[] {
  return tables.map(({ family, version, remark, base, structs }) => {
    const build = known.find((each) => each.version === base);
    if (build === undefined) throw new Error(`${version} is made from ${base}, of which there is no table`);
    return {
      family,
      version,
      remark,
      read: (wanted) => amended(build.read({ ...wanted, symbols: [] }), structs),
    };
  });
}

function amended(file: IsfFile, structs: AmendedTable['structs']): IsfFile {
  const types = Object.entries(structs).map(([name, { size, fields }]): [string, IsfUserType] => {
    const known = file.user_types[name];
    if (known === undefined) throw new Error(`there is no ${name} to amend`);
    const moved = Object.entries(fields).map(([member, offset]): [string, IsfField] => {
      const field = known.fields[member];
      if (field === undefined) throw new Error(`${name} has no ${member} to amend`);
      return [member, { ...field, offset: Number(offset) }];
    });
    return [name, { ...known, size: Number(size), fields: Object.fromEntries(moved) }];
  });
  return { ...file, user_types: { ...file.user_types, ...Object.fromEntries(types) } };
}
