/** What `memlapse profile show` shows, as rows. */

import { column, type Row } from '../core/columns.js';
import { UsageError, UserError } from '../core/errors.js';
import { openImage } from '../open/open-source.js';
import { isfProfile } from '../profiles/isf/isf-profile.js';
import { readIsf } from '../profiles/isf/read-isf.js';
import type { Profile, TypeRef } from '../profiles/types.js';

/** The profile in a symbol file, or in an image. Throws `UsageError` unless exactly one is named. */
export async function loadProfile(symbolFile: string | undefined, image: string | undefined): Promise<Profile> {
  if (image !== undefined) {
    const opened = await openImage(image);
    return (await opened.requireKernel()).profile;
  }
  if (symbolFile === undefined) throw new UsageError('name a symbol file, or an image with --file');
  return isfProfile(readIsf(symbolFile));
}

export const SUMMARY_COLUMNS = { fact: column.text('What is said'), value: column.text('Its value') };

export function summaryRows({ os, banner, release, pointerSize, sources, types, symbols }: Profile): Row[] {
  const count = (items: Iterable<unknown>) => String([...items].length);
  return [
    { fact: 'system', value: os },
    { fact: 'release', value: release },
    { fact: 'banner', value: banner },
    { fact: 'pointer', value: `${pointerSize} bytes` },
    { fact: 'structures', value: count(types.structNames()) },
    { fact: 'enumerations', value: count(types.enumNames()) },
    { fact: 'symbols', value: count(symbols.symbols()) },
    ...sources.map((value) => ({ fact: 'source', value })),
  ];
}

export const STRUCT_COLUMNS = {
  offset: column.integer('Bytes from the start of the structure'),
  name: column.text('Member'),
  type: column.text('Its type'),
};

/** The members of a structure. Throws `UserError` when the profile has no such structure. */
export function structRows(profile: Profile, name: string): Row[] {
  const struct = profile.types.struct(name);
  if (struct === undefined) {
    throw new UserError(`the profile has no structure ${name}`, 'write its name as in C, without `struct`');
  }
  const members = [...struct.fields.values()].map(({ offset, name, type }) => ({ offset, name, type: typeText(type) }));
  return [
    ...members,
    { offset: struct.size, name: '', type: `(size of ${struct.union ? 'union' : 'struct'} ${name})` },
  ];
}

/** A type as C would write it, near enough to read. */
function typeText(type: TypeRef): string {
  switch (type.kind) {
    case 'pointer':
      return `${typeText(type.target)} *`;
    case 'array':
      return `${typeText(type.element)}[${type.count}]`;
    case 'bitfield':
      return `${type.bits} bits at ${type.position}`;
    case 'struct':
      return `struct ${type.name}`;
    case 'enum':
      return `enum ${type.name}`;
    case 'void':
    case 'function':
      return type.kind;
    default:
      return type.name;
  }
}
