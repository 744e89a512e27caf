/**
 * Finds what a dotted path names in a structure: `mm`, `se.sum_exec_runtime`, `f_path.dentry`.
 *
 * Names only; nothing is read. Names that moved between kernel versions are tried by the resolver that the operating
 * system's layer provides.
 */
import type { Field, TypeSource } from '../profiles/types.js';

/** Finds `path` in struct `struct`; undefined when this kernel has no such member under any known name. */
export type FieldResolver = (struct: string, path: string) => Field | undefined;

/** The member that `path` names, with its offset from the start of `struct`; no alternatives are tried. */
export function fieldAt(types: TypeSource, struct: string, path: string): Field | undefined {
  let owner: string = struct;
  let offset = 0;
  let found: Field | undefined;
  for (const name of path.split('.')) {
    if (found !== undefined) {
      if (found.type.kind !== 'struct') return undefined;
      owner = found.type.name;
    }
    const field = types.struct(owner)?.fields.get(name);
    if (field === undefined) return undefined;
    offset += field.offset;
    found = field;
  }
  return found && { name: path, offset, type: found.type };
}
