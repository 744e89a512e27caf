/**
 * The kernel's own symbol table, as a `SymbolSource`: compressed names stay compressed, and a name is found through
 * a hash that is computed over tokens.
 *
 * Where the tables lie is `kallsyms-location.ts`' and `kallsyms-search.ts`' business; module symbols are not in here.
 *
 * Source: Linux `kernel/kallsyms.c` and `scripts/kallsyms.c`. A name is a length (ULEB128 of up to two bytes from 6.1, one
 * byte before) and as many token numbers; the first decoded character is nm's letter.
 */
import type { KernelSymbol, SymbolSource } from '../types.js';

/** The raw tables, as they lie in the image. */
export interface KallsymsTables {
  readonly pointerSize: 4 | 8;
  readonly count: number;
  readonly names: Uint8Array;
  /** 256 strings, NUL-terminated. */
  readonly tokenTable: Uint8Array;
  /** Where each of them starts. */
  readonly tokenIndex: Uint16Array;
  /** How symbol i's address is had. */
  readonly addresses: KallsymsAddresses;
}

export type KallsymsAddresses =
  /** Before 4.6: an address each. */
  | { readonly kind: 'absolute'; readonly values: BigUint64Array | Uint32Array }
  /** CONFIG_KALLSYMS_BASE_RELATIVE: unsigned distances from the base. */
  | { readonly kind: 'relative'; readonly base: bigint; readonly offsets: Int32Array }
  /** CONFIG_KALLSYMS_ABSOLUTE_PERCPU: values that are >= 0 are absolute, others count down from base - 1. */
  | { readonly kind: 'absolute-percpu'; readonly base: bigint; readonly offsets: Int32Array }
  /** Offset i counts from its own place, `start` + 4 * i (after 6.12). */
  | { readonly kind: 'place-relative'; readonly start: bigint; readonly offsets: Int32Array };

/** KSYM_NAME_LEN is 128, from 6.1 on 512. */
const MAX_NAME = 512;
/** What lies farther than this behind the last symbol is not the kernel's. */
const LAST_SYMBOL_REACH = 0x10000n;

/** Longest run of slots that is searched; a table at most half full stays far below it. */
const MAX_PROBES = 1024;

const HASH_BASE = 0x01000193;

export class Kallsyms implements SymbolSource {
  readonly tables: KallsymsTables;
  /** Where in `names` each symbol's tokens start, and how many there are. */
  readonly #starts: Uint32Array;
  readonly #lengths: Uint16Array;
  readonly #tokens: readonly string[];
  /** Symbols that could be read: `count`, or fewer when the names end early. */
  readonly size: number;
  #buckets: Int32Array | undefined;

  /** @param buckets what `buckets()` of an earlier object over the same tables returned */
  constructor(tables: KallsymsTables, buckets?: Int32Array) {
    this.#buckets = buckets;
    this.tables = tables;
    this.#starts = new Uint32Array(tables.count);
    this.#lengths = new Uint16Array(tables.count);
    this.size = indexNames(tables.names, this.#starts, this.#lengths);
    this.#tokens = decodeTokens(tables.tokenTable, tables.tokenIndex);
  }

  address(name: string): bigint | undefined {
    const index = this.#find(name);
    return index < 0 ? undefined : this.#address(index);
  }

  /** The first symbol at the highest address that is not above `address`, as the kernel's `%pS` names it. */
  nearest(address: bigint): { readonly symbol: KernelSymbol; readonly offset: number } | undefined {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#address(middle) <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    let index = low - 1;
    const found = this.#address(index);
    if (low === this.size && address - found > LAST_SYMBOL_REACH) return undefined;
    while (index > 0 && this.#address(index - 1) === found) index--;
    const symbol = this.symbol(index);
    const offset = address - found;
    // Far above the absolute per-CPU symbols and below the kernel lies all of user space: no symbol's.
    return offset > 0x7fff_ffffn ? undefined : { symbol, offset: Number(offset) };
  }

  *symbols(): Generator<KernelSymbol> {
    for (let index = 0; index < this.size; index++) yield this.symbol(index);
  }

  /** Symbol `index`, in the table's order: by address. */
  symbol(index: number): KernelSymbol {
    const decoded = this.#decode(index);
    return { name: decoded.slice(1), address: this.#address(index), kind: decoded.slice(0, 1) };
  }

  #address(index: number): bigint {
    const { addresses, pointerSize } = this.tables;
    if (addresses.kind === 'absolute') return BigInt(addresses.values[index] as bigint | number);
    const offset = addresses.offsets[index] as number;
    const bits = pointerSize * 8;
    switch (addresses.kind) {
      case 'relative':
        return BigInt.asUintN(bits, addresses.base + BigInt(offset >>> 0));
      case 'absolute-percpu':
        return offset >= 0 ? BigInt(offset) : BigInt.asUintN(bits, addresses.base - 1n - BigInt(offset));
      case 'place-relative':
        return BigInt.asUintN(bits, addresses.start + BigInt(index * 4) + BigInt(offset));
    }
  }

  /** nm's letter and the name. */
  #decode(index: number): string {
    const { names } = this.tables;
    const start = this.#starts[index] as number;
    const end = start + (this.#lengths[index] as number);
    let text = '';
    for (let at = start; at < end; at++) text += this.#tokens[names[at] as number];
    return text;
  }

  /** The hash table over the names, made when it is first needed. */
  buckets(): Int32Array {
    this.#buckets ??= this.#buildBuckets();
    return this.#buckets;
  }

  #find(name: string): number {
    const buckets = this.buckets();
    const mask = buckets.length - 1;
    let slot = spread(hashOf(name)) & mask;
    for (let probes = 0; probes <= MAX_PROBES; probes++, slot = (slot + 1) & mask) {
      const index = (buckets[slot] as number) - 1;
      if (index < 0) break;
      const decoded = this.#decode(index);
      if (decoded.length === name.length + 1 && decoded.endsWith(name)) return index;
    }
    return -1;
  }

  #sameTokens(left: number, right: number): boolean {
    const { names } = this.tables;
    const length = this.#lengths[left] as number;
    if (length !== this.#lengths[right]) return false;
    const leftStart = this.#starts[left] as number;
    const rightStart = this.#starts[right] as number;
    for (let i = 0; i < length; i++) if (names[leftStart + i] !== names[rightStart + i]) return false;
    return true;
  }

  /**
   * Open addressing, symbol index + 1 in each slot. The hash is a polynomial over the characters, so a whole token
   * is added in one step: hash(ab) = hash(a) * base^|b| + hash(b).
   */
  #buildBuckets(): Int32Array {
    const hashes = this.#hashNames();
    let capacity = 1024;
    while (capacity < this.size * 2) capacity *= 2;
    const mask = capacity - 1;
    const buckets = new Int32Array(capacity);
    const same = (left: number, right: number): boolean =>
      hashes[left] === hashes[right] && this.#sameTokens(left, right);
    for (let index = 0; index < hashes.length; index++) insert(buckets, mask, hashes[index] as number, index, same);
    return buckets;
  }

  /** The hash of every name, without nm's letter, which the first token begins with. */
  #hashNames(): Int32Array {
    const { names } = this.tables;
    const starts = this.#starts;
    const lengths = this.#lengths;
    const tokens: TokenHashes = {
      first: Int32Array.from(this.#tokens, (token) => hashOf(token.slice(1))),
      whole: Int32Array.from(this.#tokens, hashOf),
      power: Int32Array.from(this.#tokens, (token) => powerOf(token.length)),
    };
    const hashes = new Int32Array(this.size);
    for (let index = 0; index < hashes.length; index++) {
      const start = starts[index] as number;
      hashes[index] = hashTokens(names, start, start + (lengths[index] as number), tokens);
    }
    return hashes;
  }
}

interface TokenHashes {
  readonly first: Int32Array;
  readonly whole: Int32Array;
  readonly power: Int32Array;
}

// Small functions, so that the compiler has optimised them after the first few thousand of 100,000 names.
function hashTokens(names: Uint8Array, start: number, end: number, { first, whole, power }: TokenHashes): number {
  let hash = first[names[start] as number] as number;
  for (let at = start + 1; at < end; at++) {
    const token = names[at] as number;
    hash = (Math.imul(hash, power[token] as number) + (whole[token] as number)) | 0;
  }
  return hash;
}

/**
 * Puts `index` into its slot, unless an earlier symbol of the same name is there: hundreds of static symbols share a
 * name (`__func__.0`), and the first stands for them.
 */
function insert(
  buckets: Int32Array,
  mask: number,
  hash: number,
  index: number,
  same: (left: number, right: number) => boolean,
): void {
  let slot = spread(hash) & mask;
  for (let probes = 0; probes <= MAX_PROBES; probes++, slot = (slot + 1) & mask) {
    const other = (buckets[slot] as number) - 1;
    if (other < 0) {
      buckets[slot] = index + 1;
      return;
    }
    if (same(index, other)) return;
  }
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, HASH_BASE) + text.charCodeAt(i)) | 0;
  return hash;
}

function powerOf(exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power = Math.imul(power, HASH_BASE);
  return power;
}

/** Brings the upper bits of a hash down to where the mask looks. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

/** Fills in where each name's tokens start; returns how many whole names there are. */
export function indexNames(names: Uint8Array, starts: Uint32Array, lengths: Uint16Array): number {
  let at = 0;
  for (let index = 0; index < starts.length; index++) {
    if (at >= names.length) return index;
    let length = names[at++] as number;
    if (length >= 0x80) {
      if (at >= names.length) return index;
      length = (length & 0x7f) | ((names[at++] as number) << 7);
    }
    if (length === 0 || length > MAX_NAME || at + length > names.length) return index;
    starts[index] = at;
    lengths[index] = length;
    at += length;
  }
  return starts.length;
}

function decodeTokens(table: Uint8Array, index: Uint16Array): string[] {
  const text = Buffer.from(table.buffer, table.byteOffset, table.byteLength);
  return Array.from(index, (start) => {
    const end = text.indexOf(0, start);
    return start < text.length ? text.toString('latin1', start, end < 0 ? text.length : end) : '';
  });
}
