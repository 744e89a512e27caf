/**
 * Abbreviation tables: which attributes, in which forms, an entry of each kind has.
 *
 * Source: DWARF 5, section 7.5.3.
 */
import { FORM } from './layout.js';

export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Attribute, form and (implicit_const) value of each attribute, in the order of the data. */
  readonly attributes: readonly { readonly at: number; readonly form: number; readonly value: number }[];
}

/** Codes count up from 1 in practice; a table is an array by code. */
export type AbbreviationTable = readonly (Abbreviation | undefined)[];

/** Larger codes than any compiler makes; bounds the array that a forged table can ask for. */
const MAX_CODE = 100_000;
const MAX_ATTRIBUTES = 256;

/** The table that begins at `offset`; ends at its terminator, or where it stops making sense. */
export function readAbbreviations(bytes: Uint8Array, offset: number): AbbreviationTable {
  const table: (Abbreviation | undefined)[] = [];
  const cursor = { at: offset };
  while (cursor.at < bytes.length) {
    const code = readUleb(bytes, cursor);
    if (code === 0 || code > MAX_CODE) break;
    const tag = readUleb(bytes, cursor);
    const hasChildren = bytes[cursor.at++] === 1;
    const attributes: { at: number; form: number; value: number }[] = [];
    while (cursor.at < bytes.length && attributes.length < MAX_ATTRIBUTES) {
      const at = readUleb(bytes, cursor);
      const form = readUleb(bytes, cursor);
      const value = form === FORM.implicitConst ? readSleb(bytes, cursor) : 0;
      if (at === 0 && form === 0) break;
      attributes.push({ at, form, value });
    }
    table[code] = { tag, hasChildren, attributes };
  }
  return table;
}

export interface Cursor {
  at: number;
}

/** An unsigned LEB128 number; beyond 2^53 rounded. */
export function readUleb(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  while (cursor.at < bytes.length) {
    const byte = bytes[cursor.at++] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 128;
  }
  return value;
}

/** A signed LEB128 number; beyond 2^53 rounded. */
export function readSleb(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  while (cursor.at < bytes.length) {
    const byte = bytes[cursor.at++] as number;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return (byte & 0x40) === 0 ? value : value - scale;
  }
  return value;
}
