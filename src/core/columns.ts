/**
 * Columns of a result: what a plugin declares, what the renderers and the published JSON Schema are made from.
 *
 * Meaning only. How a value is written for people or machines is decided in `report/`.
 */

/** The kinds of values, with the JavaScript type of each: the one table that `Row` is derived from. */
export interface ColumnValues {
  /** A count, id or number; bigint where it can exceed 2^53. */
  integer: number | bigint;
  /** A size in bytes. */
  size: number | bigint;
  /** A virtual or physical address; written as hex. */
  address: bigint | number;
  /** A bit mask or raw word; written as hex. */
  mask: bigint | number;
  text: string;
  boolean: boolean;
  /** Nanoseconds since 1970-01-01 UTC; written as ISO 8601. */
  time: bigint;
  /** A span of time in nanoseconds. */
  duration: bigint;
  /** Several texts; joined by commas in tables, an array in JSON. */
  list: readonly string[];
}

export type ColumnKind = keyof ColumnValues;

export interface Column<K extends ColumnKind = ColumnKind> {
  readonly kind: K;
  /** What the value means, one short phrase: shown by `schema` and in the docs. */
  readonly summary: string;
  /** Not shown in tables unless asked for by `--columns`; always there in machine formats. */
  readonly quiet?: boolean;
}

/** Columns by their camelCase name, in order of display. */
export type Columns = Readonly<Record<string, Column>>;

/** A row of a result with columns `C`: absent values are undefined (written as null). */
export type Row<C extends Columns = Columns> = {
  readonly [N in keyof C]?: (C[N] extends Column<infer K> ? ColumnValues[K] : never) | undefined;
};

function maker<K extends ColumnKind>(kind: K) {
  return (summary: string, options: { readonly quiet?: boolean } = {}): Column<K> => ({ kind, summary, ...options });
}

/** The makers: `pid: column.integer('Process id')`. */
export const column = {
  integer: maker('integer'),
  size: maker('size'),
  address: maker('address'),
  mask: maker('mask'),
  text: maker('text'),
  boolean: maker('boolean'),
  time: maker('time'),
  duration: maker('duration'),
  list: maker('list'),
} as const;
