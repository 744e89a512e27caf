/**
 * Finds a member of a kernel structure under whichever of its names this kernel has.
 *
 * The names are data, one table for each system (`linux/field-alternatives.ts`, `windows/field-alternatives.ts`); this is
 * the lookup.
 */
import type { Field, TypeRef, TypeSource } from './types.js';

/**
 * A structure and the names (dotted paths) of one member in it, newest first, each perhaps with the version that brought
 * it behind an @.
 */
export type FieldNames = readonly [struct: string, ...paths: string[]];

/** Finds what the dotted `path` names in `struct`; undefined when this kernel has it under no name. */
export type ResolveField = (types: TypeSource, struct: string, path: string) => Field | undefined;

/** Structures nest a handful deep; alternatives of alternatives do not occur. */
const MAX_STEPS = 16;

/** What a member is also called, by `struct/path`. */
type OtherNames = ReadonlyMap<string, readonly string[]>;

/**
 * The lookup over a table of names. What it returns has an offset that counts from the start of `struct`, and `path` as
 * its name.
 *
 *     resolveField(types, 'inode', 'i_ctime_sec') // on Linux 6.1: i_ctime.tv_sec
 */
export function fieldResolver(table: readonly FieldNames[]): ResolveField {
  const others = new Map<string, readonly string[]>();
  for (const [struct, ...rows] of table) {
    const paths = rows.map((row) => row.split('@', 1)[0] as string);
    for (const path of paths)
      others.set(
        `${struct}/${path}`,
        paths.filter((other) => other !== path),
      );
  }
  return (types, struct, path) => {
    const found = find(types, others, struct, path.split('.'), 0);
    return found && { ...found, name: path };
  };
}

function find(
  types: TypeSource,
  others: OtherNames,
  struct: string,
  parts: readonly string[],
  step: number,
): Field | undefined {
  if (step > MAX_STEPS) return undefined;
  const direct = follow(types, others, struct, parts, step);
  if (direct !== undefined) return direct;
  for (let length = parts.length; length > 0; length--) {
    const prefix = parts.slice(0, length).join('.');
    for (const other of others.get(`${struct}/${prefix}`) ?? []) {
      const found = follow(types, others, struct, [...other.split('.'), ...parts.slice(length)], step);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** `parts` under their own names in `struct`; the structures inside may have other names for theirs. */
function follow(
  types: TypeSource,
  others: OtherNames,
  struct: string,
  parts: readonly string[],
  step: number,
): Field | undefined {
  const [first = '', ...rest] = parts;
  const field = types.struct(struct)?.fields.get(first);
  if (field === undefined || rest.length === 0) return field;
  const inner = aggregateOf(field.type);
  const found = inner === undefined ? undefined : find(types, others, inner, rest, step + 1);
  return found && { ...found, offset: field.offset + found.offset };
}

/** The structure that lies in a member, or the first of an array of them. */
function aggregateOf(type: TypeRef): string | undefined {
  if (type.kind === 'array') return aggregateOf(type.element);
  return type.kind === 'struct' ? type.name : undefined;
}
