/**
 * The state of a device as data: each field's name and kind, written once. From it come the live object, its type,
 * saving, restoring and hashing, so that no device does any of these by hand.
 *
 * No behaviour of devices here, and no encoding of saved state to a file: a saved value is a plain object.
 */

/** Kinds of fields. `least`/`most` bound what a saved state may hold. */
export type FieldKind =
  | { readonly kind: 'number'; readonly initial: number; readonly least: number; readonly most: number }
  | { readonly kind: 'flag'; readonly initial: boolean }
  | { readonly kind: 'wide'; readonly initial: bigint }
  | { readonly kind: 'bytes'; readonly length: number }
  | { readonly kind: 'queue'; readonly most: number }
  | { readonly kind: 'blocks'; readonly size: number }
  | { readonly kind: 'group'; readonly fields: FieldTable }
  | { readonly kind: 'list'; readonly length: number; readonly fields: FieldTable };

export interface FieldTable {
  readonly [name: string]: FieldKind;
}

/** The live value that a field of this kind holds. */
export type FieldValue<K> = K extends { kind: 'number' }
  ? number
  : K extends { kind: 'flag' }
    ? boolean
    : K extends { kind: 'wide' }
      ? bigint
      : K extends { kind: 'bytes' }
        ? Uint8Array
        : K extends { kind: 'queue' }
          ? number[]
          : K extends { kind: 'blocks' }
            ? Map<number, Uint8Array>
            : K extends { kind: 'group'; fields: infer F }
              ? StateOf<F>
              : K extends { kind: 'list'; fields: infer F }
                ? StateOf<F>[]
                : never;

/** The live object of a table: mutable, exactly its fields. */
export type StateOf<T> = { -readonly [N in keyof T]: FieldValue<T[N]> };

export interface StateSchema<T extends FieldTable = FieldTable> {
  /** Raised whenever a field is added, removed or changes its meaning. */
  readonly version: number;
  readonly fields: T;
}

type NumberKind = Extract<FieldKind, { kind: 'number' }>;

const unsigned =
  (most: number) =>
  (initial = 0): NumberKind => ({ kind: 'number', initial, least: 0, most });

export const u8 = unsigned(0xff);
export const u16 = unsigned(0xffff);
export const u32 = unsigned(0xffff_ffff);
/** A whole number below 2^53: sizes, positions, instants that always exist. */
export const count = unsigned(Number.MAX_SAFE_INTEGER);
/** A whole number of either sign. */
export const signed = (initial = 0): NumberKind => ({
  kind: 'number',
  initial,
  least: Number.MIN_SAFE_INTEGER,
  most: Number.MAX_SAFE_INTEGER,
});
export const flag = (initial = false) => ({ kind: 'flag', initial }) as const;
/** An unsigned 64-bit value. */
export const wide = (initial = 0n) => ({ kind: 'wide', initial }) as const;
/** A byte array of fixed length, zero at first. */
export const bytes = (length: number) => ({ kind: 'bytes', length }) as const;
/** Bytes (or small numbers) in order, at most `most` of them, none at first. */
export const queue = (most: number) => ({ kind: 'queue', most }) as const;
/** Arrays of `size` bytes by number: what was written over something larger that is kept elsewhere. */
export const blocks = (size: number) => ({ kind: 'blocks', size }) as const;
export const group = <T extends FieldTable>(fields: T) => ({ kind: 'group', fields }) as const;
/** `length` records of equal shape. */
export const list = <T extends FieldTable>(length: number, fields: T) => ({ kind: 'list', length, fields }) as const;

/** Names a device's state. */
export function defineState<const T extends FieldTable>(version: number, fields: T): StateSchema<T> {
  return { version, fields };
}

function initialValue(field: FieldKind): unknown {
  switch (field.kind) {
    case 'number':
    case 'flag':
    case 'wide':
      return field.initial;
    case 'bytes':
      return new Uint8Array(field.length);
    case 'queue':
      return [];
    case 'blocks':
      return new Map<number, Uint8Array>();
    case 'group':
      return initialFields(field.fields);
    case 'list':
      return Array.from({ length: field.length }, () => initialFields(field.fields));
  }
}

function initialFields(fields: FieldTable): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, initialValue(field)]));
}

/** A fresh live object with every field at its initial value. */
export function createState<T extends FieldTable>(schema: StateSchema<T>): StateOf<T> {
  return initialFields(schema.fields) as StateOf<T>;
}

/**
 * Copies `values` into the live object, field by field. Objects and arrays inside it stay the same ones, so parts of
 * a device may keep references to their part of the state.
 */
export function assignState(fields: FieldTable, state: object, values: object): void {
  const target = state as Record<string, unknown>;
  for (const [name, field] of Object.entries(fields)) {
    const value = (values as Record<string, unknown>)[name];
    if (field.kind === 'bytes') (target[name] as Uint8Array).set(value as Uint8Array);
    else if (field.kind === 'queue') replace(target[name] as number[], value as number[]);
    else if (field.kind === 'blocks') replaceBlocks(target[name] as Blocks, value as Blocks);
    else if (field.kind === 'group') assignState(field.fields, target[name] as object, value as object);
    else if (field.kind === 'list') {
      for (const [index, item] of (value as object[]).entries()) {
        assignState(field.fields, (target[name] as object[])[index] as object, item);
      }
    } else target[name] = value;
  }
}

function replace(target: number[], values: readonly number[]): void {
  target.length = 0;
  for (const value of values) target.push(value);
}

type Blocks = Map<number, Uint8Array>;

function replaceBlocks(target: Blocks, values: Blocks): void {
  target.clear();
  for (const [index, block] of values) target.set(index, block);
}

/** Sets every field of a live object back to its initial value, in place. */
export function resetState<T extends FieldTable>(schema: StateSchema<T>, state: StateOf<T>): void {
  assignState(schema.fields, state, initialFields(schema.fields));
}
