/** A symbol table, hash table included, as bytes and back: for the cache, which has no stake in other machines' order of bytes. */
import { Kallsyms, type KallsymsAddresses, type KallsymsTables } from './kallsyms.js';

/** What cannot be an array: kept as text beside the bytes. */
export interface KallsymsShape {
  readonly pointerSize: 4 | 8;
  readonly kind: KallsymsAddresses['kind'];
  /** Base or start of the addresses, hexadecimal. */
  readonly base: string;
  /** Bytes of each part, in the order in which they stand. */
  readonly lengths: readonly number[];
}

/** The parts of a table in one order, each as an array of its own kind. */
type Part = Uint8Array | Uint16Array | Int32Array | Uint32Array | BigUint64Array;

const bytesOf = (part: Part): Uint8Array => new Uint8Array(part.buffer, part.byteOffset, part.byteLength);

export function kallsymsToBlob(kallsyms: Kallsyms): { readonly shape: KallsymsShape; readonly bytes: Buffer } {
  const { pointerSize, names, tokenTable, tokenIndex, addresses } = kallsyms.tables;
  const values = addresses.kind === 'absolute' ? addresses.values : addresses.offsets;
  const parts: Part[] = [names, tokenTable, tokenIndex, values, kallsyms.buckets()];
  const base =
    addresses.kind === 'absolute' ? 0n : addresses.kind === 'place-relative' ? addresses.start : addresses.base;
  const lengths = parts.map(({ byteLength }) => byteLength);
  const shape = { pointerSize, kind: addresses.kind, base: base.toString(16), lengths };
  return { shape, bytes: Buffer.concat(parts.map(bytesOf)) };
}

/** Undefined when `bytes` are not what `shape` says. */
export function kallsymsFromBlob(shape: KallsymsShape, bytes: Uint8Array): Kallsyms | undefined {
  if (shape.lengths.reduce((sum, length) => sum + length, 0) !== bytes.length) return undefined;
  let at = 0;
  const [names, tokenTable, tokenIndex, values, buckets] = shape.lengths.map((length) => {
    at += length;
    // A copy of its own, because the arrays over it need their alignment.
    return new Uint8Array(bytes.subarray(at - length, at));
  }) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const addresses = addressesOf(shape, values.buffer as ArrayBuffer);
  const tables: KallsymsTables = {
    pointerSize: shape.pointerSize,
    count: addresses.kind === 'absolute' ? addresses.values.length : addresses.offsets.length,
    names,
    tokenTable,
    tokenIndex: new Uint16Array(tokenIndex.buffer),
    addresses,
  };
  return new Kallsyms(tables, new Int32Array(buckets.buffer));
}

function addressesOf({ kind, base, pointerSize }: KallsymsShape, values: ArrayBuffer): KallsymsAddresses {
  const start = BigInt(`0x${base}`);
  switch (kind) {
    case 'absolute':
      return { kind, values: pointerSize === 8 ? new BigUint64Array(values) : new Uint32Array(values) };
    case 'place-relative':
      return { kind, start, offsets: new Int32Array(values) };
    default:
      return { kind, base: start, offsets: new Int32Array(values) };
  }
}
