/** Members under the names that they had over the versions. */
import { describe, expect, it } from 'vitest';
import { FIELD_ALTERNATIVES } from '../../../src/profiles/linux/field-alternatives.js';
import { resolveField } from '../../../src/profiles/linux/resolve-field.js';
import type { Field, TypeRef, TypeSource } from '../../../src/profiles/types.js';

const LONG: TypeRef = { kind: 'int', name: 'long', size: 8, signed: true };

/** Structures from `{struct: {member: [offset, type]}}`. */
function typesOf(structs: Record<string, Record<string, readonly [number, TypeRef]>>): TypeSource {
  return {
    pointerSize: 8,
    struct(name) {
      const members = structs[name];
      if (members === undefined) return undefined;
      const fields = Object.entries(members).map(([field, [offset, type]]): [string, Field] => [
        field,
        { name: field, offset, type },
      ]);
      return { name, union: false, size: 64, fields: new Map(fields) };
    },
    enum: () => undefined,
    structNames: () => Object.keys(structs),
    enumNames: () => [],
  };
}

const struct = (name: string): TypeRef => ({ kind: 'struct', name });

describe('resolveField', () => {
  it('takes a member by its own name, also inside of structures', () => {
    const types = typesOf({ outer: { inner: [8, struct('inner')] }, inner: { value: [4, LONG] } });
    expect(resolveField(types, 'outer', 'inner.value')).toEqual({ name: 'inner.value', offset: 12, type: LONG });
    expect(resolveField(types, 'outer', 'inner.other')).toBeUndefined();
    expect(resolveField(types, 'none', 'inner')).toBeUndefined();
  });

  it('takes a renamed one by any of its names', () => {
    const old = typesOf({ task_struct: { state: [16, LONG] } });
    const current = typesOf({ task_struct: { __state: [24, LONG] } });
    for (const name of ['state', '__state']) {
      expect(resolveField(old, 'task_struct', name)).toEqual({ name, offset: 16, type: LONG });
      expect(resolveField(current, 'task_struct', name)).toEqual({ name, offset: 24, type: LONG });
    }
  });

  it('takes what moved into a structure of its own, or out of it', () => {
    const timespec = { tv_sec: [0, LONG], tv_nsec: [8, LONG] } as const;
    const old = typesOf({ inode: { i_ctime: [40, struct('timespec64')] }, timespec64: timespec });
    const between = typesOf({ inode: { __i_ctime: [48, struct('timespec64')] }, timespec64: timespec });
    const current = typesOf({ inode: { i_ctime_sec: [56, LONG], i_ctime_nsec: [64, LONG] } });
    expect([old, between, current].map((types) => resolveField(types, 'inode', 'i_ctime_nsec')?.offset)).toEqual([
      48, 56, 64,
    ]);
    expect([old, between, current].map((types) => resolveField(types, 'inode', 'i_ctime.tv_sec')?.offset)).toEqual([
      40, 48, 56,
    ]);
  });

  it('takes the first element of an array where the newest kernels have one', () => {
    const mem: TypeRef = { kind: 'array', count: 7, element: struct('module_memory') };
    const types = typesOf({ module: { mem: [384, mem] }, module_memory: { base: [0, LONG], size: [8, LONG] } });
    expect(resolveField(types, 'module', 'core_layout.base')?.offset).toBe(384);
    expect(resolveField(types, 'module', 'mem.size')?.offset).toBe(392);
  });

  it('takes a structure whose own members were renamed as well', () => {
    const types = typesOf({
      address_space: { page_tree: [8, struct('radix_tree_root')] },
      radix_tree_root: { rnode: [8, LONG] },
    });
    expect(resolveField(types, 'address_space', 'i_pages.xa_head')?.offset).toBe(16);
  });
});

describe('the table of names', () => {
  it('says more than one name in each row, and each with a well-formed version', () => {
    for (const [name, ...paths] of FIELD_ALTERNATIVES) {
      expect([name, paths.length > 1]).toEqual([name, true]);
      for (const path of paths) expect(path).toMatch(/^[a-z_][\w.]*(@\d\.\d{1,2})?$/);
    }
  });

  it('has no name twice in one structure', () => {
    const names = FIELD_ALTERNATIVES.flatMap(([name, ...paths]) =>
      paths.map((path) => `${name}.${path.split('@')[0]}`),
    );
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
