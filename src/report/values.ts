/**
 * How each kind of column value is written for machines and for people: one table, used by every renderer.
 */
import { hex } from '../core/address.js';
import type { Column, ColumnKind, Columns, ColumnValues, Row } from '../core/columns.js';
import { isoTime } from '../core/iso-time.js';

export type JsonValue = string | number | boolean | null | readonly string[];

interface Writer<T> {
  /** The value in JSON. */
  json(value: T): JsonValue;
  /** The value in a cell of text. */
  text(value: T): string;
  /** The JSON Schema of `json`'s result, null apart. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly alignRight?: boolean;
}

const NS_PER_SECOND = 1_000_000_000n;

/** A span in seconds with its fraction: `12.345s`. */
function seconds(ns: bigint): string {
  const sign = ns < 0n ? '-' : '';
  const absolute = ns < 0n ? -ns : ns;
  const fraction = (absolute % NS_PER_SECOND).toString().padStart(9, '0').replace(/0+$/, '');
  return `${sign}${absolute / NS_PER_SECOND}${fraction === '' ? '' : `.${fraction}`}s`;
}

const safe = (value: number | bigint): number | string =>
  typeof value === 'number' || (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : value.toString();

const INTEGER: Writer<number | bigint> = {
  json: safe,
  text: String,
  schema: { type: ['integer', 'string'], description: 'a string only beyond 2^53' },
  alignRight: true,
};

const HEX: Writer<number | bigint> = {
  json: hex,
  text: hex,
  schema: { type: 'string', pattern: '^0x[0-9a-f]+$' },
  alignRight: true,
};

const WRITERS: { readonly [K in ColumnKind]: Writer<ColumnValues[K]> } = {
  integer: INTEGER,
  size: INTEGER,
  address: HEX,
  mask: HEX,
  text: { json: (value) => value, text: printable, schema: { type: 'string' } },
  boolean: { json: (value) => value, text: (value) => (value ? 'yes' : 'no'), schema: { type: 'boolean' } },
  time: { json: isoTime, text: isoTime, schema: { type: 'string', format: 'date-time' } },
  duration: { json: seconds, text: seconds, schema: { type: 'string' } },
  list: {
    json: (value) => value,
    text: (value) => printable(value.join(',')),
    schema: { type: 'array', items: { type: 'string' } },
  },
};

function writer(column: Column): Writer<unknown> {
  return WRITERS[column.kind] as Writer<unknown>;
}

/** Guest text made safe for a terminal: control characters (escape sequences, newlines) are shown as `\xNN`. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** A cell as JSON; absent values are null. */
export function jsonValue(column: Column, value: unknown): JsonValue {
  return value === undefined ? null : writer(column).json(value);
}

/** A cell as text; absent values are a dash. */
export function textValue(column: Column, value: unknown): string {
  return value === undefined ? '-' : writer(column).text(value);
}

export function alignsRight(column: Column): boolean {
  return writer(column).alignRight ?? false;
}

/** A row as `--json` prints it. `partial` is there, and true, only when some of the memory behind it was unreadable. */
export function jsonRow(columns: Columns, row: Row, partial: boolean): Record<string, JsonValue> {
  const object: Record<string, JsonValue> = {};
  for (const [name, column] of Object.entries(columns)) object[name] = jsonValue(column, row[name]);
  if (partial) object.partial = true;
  return object;
}

/** The JSON Schema (draft 2020-12) of a result with these columns: an array of row objects. */
export function rowsSchema(title: string, columns: Columns): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(columns)) {
    const { schema } = writer(column);
    const types = Array.isArray(schema.type) ? schema.type : [schema.type];
    properties[name] = { ...schema, type: [...types, 'null'], description: column.summary };
  }
  properties.partial = {
    type: 'boolean',
    description: 'true when some of the memory behind this row was unreadable; absent otherwise',
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    type: 'array',
    items: { type: 'object', properties, required: Object.keys(columns), additionalProperties: false },
  };
}
