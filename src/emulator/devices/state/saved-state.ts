/**
 * Live state to saved state and back, by its schema. A saved state is a plain object of named fields: it survives
 * `structuredClone` and can be written by whoever stores it.
 *
 * A saved state is input from outside: every field is checked for presence, kind and bounds before it is taken.
 */
import { UserError } from '../../../core/errors.js';
import {
  assignState,
  bytes,
  count,
  type FieldKind,
  type FieldTable,
  type StateOf,
  type StateSchema,
} from './state-schema.js';

export type SavedValue = number | boolean | bigint | Uint8Array | readonly SavedValue[] | SavedFields;

export interface SavedFields {
  readonly [name: string]: SavedValue;
}

export interface SavedState {
  readonly version: number;
  readonly fields: SavedFields;
}

function saveValue(field: FieldKind, value: unknown): SavedValue {
  switch (field.kind) {
    case 'bytes':
      return (value as Uint8Array).slice();
    case 'queue':
      return [...(value as number[])];
    case 'blocks':
      return [...(value as Map<number, Uint8Array>)]
        .sort(([a], [b]) => a - b)
        .map(([index, data]) => ({ index, data: data.slice() }));
    case 'group':
      return saveFields(field.fields, value as Record<string, unknown>);
    case 'list':
      return (value as Record<string, unknown>[]).map((item) => saveFields(field.fields, item));
    default:
      return value as SavedValue;
  }
}

function saveFields(fields: FieldTable, state: Record<string, unknown>): SavedFields {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, saveValue(field, state[name])]));
}

/** An independent copy of `state`. */
export function saveState<T extends FieldTable>(schema: StateSchema<T>, state: StateOf<T>): SavedState {
  return { version: schema.version, fields: saveFields(schema.fields, state) };
}

const MAX_WIDE = (1n << 64n) - 1n;

const isWhole = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

function damaged(path: string, wanted: string): never {
  throw new UserError(`saved state: ${path} is not ${wanted}`, 'take the snapshot again with this version');
}

function restoreValue(field: FieldKind, value: unknown, path: string): unknown {
  switch (field.kind) {
    case 'number':
      return isWhole(value, field.least, field.most)
        ? value
        : damaged(path, `a whole number from ${field.least} to ${field.most}`);
    case 'flag':
      return typeof value === 'boolean' ? value : damaged(path, 'a flag');
    case 'wide':
      return typeof value === 'bigint' && value >= 0n && value <= MAX_WIDE
        ? value
        : damaged(path, 'an unsigned 64-bit value');
    case 'bytes':
      return value instanceof Uint8Array && value.length === field.length
        ? value.slice()
        : damaged(path, `${field.length} bytes`);
    case 'queue':
      return Array.isArray(value) && value.length <= field.most && value.every((item) => isWhole(item, 0, 0xffff_ffff))
        ? [...value]
        : damaged(path, `a queue of at most ${field.most}`);
    case 'blocks':
      return restoreBlocks(field.size, value, path);
    case 'group':
      return restoreFields(field.fields, value, path);
    case 'list':
      return Array.isArray(value) && value.length === field.length
        ? value.map((item, index) => restoreFields(field.fields, item, `${path}[${index}]`))
        : damaged(path, `a list of ${field.length}`);
  }
}

function restoreBlocks(size: number, value: unknown, path: string): Map<number, Uint8Array> {
  if (!Array.isArray(value)) damaged(path, 'a list of blocks');
  const fields = { index: count(), data: bytes(size) };
  return new Map(
    value.map((item, place) => {
      const { index, data } = restoreFields(fields, item, `${path}[${place}]`);
      return [index as number, data as Uint8Array];
    }),
  );
}

function restoreFields(fields: FieldTable, saved: unknown, path: string): Record<string, unknown> {
  if (typeof saved !== 'object' || saved === null) damaged(path, 'a set of fields');
  const source = saved as Record<string, unknown>;
  for (const name of Object.keys(source)) if (!(name in fields)) damaged(`${path}.${name}`, 'a known field');
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, restoreValue(field, source[name], `${path}.${name}`)]),
  );
}

/**
 * Puts `saved` into the live object. Either everything is taken or nothing.
 * @throws UserError when the version differs, a field is missing, unknown or out of bounds.
 */
export function restoreState<T extends FieldTable>(
  schema: StateSchema<T>,
  state: StateOf<T>,
  saved: SavedState,
  name: string,
): void {
  if (saved?.version !== schema.version) {
    throw new UserError(
      `saved state: ${name} has version ${saved?.version}, this build reads ${schema.version}`,
      'take the snapshot again with this version',
    );
  }
  assignState(schema.fields, state, restoreFields(schema.fields, saved.fields, name));
}
