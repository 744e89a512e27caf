/**
 * The kernel's export table, found by content: it has the data symbols that kallsyms lacks without KALLSYMS_ALL.
 *
 * Source: Linux `include/linux/export-internal.h`, `include/asm-generic/export.h`. Since 4.19 x86 stores distances relative
 * to the field itself (PREL32); since 5.4 each entry also has a namespace. Both tables (plain and GPL) are adjacent.
 */
import type { KernelSymbol } from '../types.js';
import type { KernelImage } from './kernel-image.js';

/** How an entry is laid out; the value comes first, the pointer to the name second. */
interface EntryLayout {
  readonly size: number;
  readonly relative: boolean;
}

const layouts = (pointerSize: 4 | 8): readonly EntryLayout[] => [
  { size: 12, relative: true },
  { size: 8, relative: true },
  { size: pointerSize * 2, relative: false },
];

/** Exported by every kernel since 2.6, without GPL. */
const LANDMARK = 'init_task';
/** Text, rodata and data of the largest kernels. */
const IMAGE_REACH = 48 * 1024 * 1024;
/** The largest distribution kernels export 30,000 symbols. */
const MAX_ENTRIES = 200_000;
const MAX_NAME = 256;

/** The exported symbols of the kernel whose text starts at `textStart`; empty when the table is not found. */
export function readKsymtab(image: KernelImage, textStart: bigint): KernelSymbol[] {
  const bytes = image.bytes(textStart, IMAGE_REACH);
  const base = Number(BigInt.asUintN(32, textStart));
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  const pattern = Buffer.from(`\0${LANDMARK}\0`, 'latin1');
  for (let hit = bytes.indexOf(pattern); hit >= 0; hit = bytes.indexOf(pattern, hit + 1)) {
    for (const layout of layouts(image.pointerSize)) {
      const table = new ExportTable(bytes, base, layout);
      for (const entry of table.entriesNaming(words, hit + 1)) {
        const symbols = table.around(entry);
        // A lone hit is a coincidence; tables have thousands.
        if (symbols.length > 100)
          return symbols.map(({ name, offset }) => ({ name, address: textStart + BigInt(offset) }));
      }
    }
  }
  return [];
}

/** Export entries in `bytes`; positions are offsets from the start of text. */
class ExportTable {
  readonly #bytes: Buffer;
  readonly #base: number;
  readonly #layout: EntryLayout;

  constructor(bytes: Buffer, base: number, layout: EntryLayout) {
    this.#bytes = bytes;
    this.#base = base;
    this.#layout = layout;
  }

  /** Offsets of the entries whose name pointer leads to offset `name`. */
  *entriesNaming(words: Int32Array, name: number): Generator<number> {
    const { relative, size } = this.#layout;
    const before = relative ? 4 : size / 2;
    const absolute = (this.#base + name) | 0;
    for (let index = 0; index < words.length; index++) {
      const wanted = relative ? name - index * 4 : absolute;
      if (words[index] === wanted && index * 4 >= before) yield index * 4 - before;
    }
  }

  /** All entries of the table that the entry at offset `at` is part of. */
  around(at: number): { name: string; offset: number }[] {
    const { size } = this.#layout;
    const symbols: { name: string; offset: number }[] = [];
    let start = at;
    while (this.#read(start - size) !== undefined && (at - start) / size < MAX_ENTRIES) start -= size;
    for (let entry = start; symbols.length < MAX_ENTRIES; entry += size) {
      const symbol = this.#read(entry);
      if (symbol === undefined) return symbols;
      symbols.push(symbol);
    }
    return symbols;
  }

  #read(at: number): { name: string; offset: number } | undefined {
    const { relative, size } = this.#layout;
    if (at < 0 || at + size > this.#bytes.length) return undefined;
    const nameField = relative ? at + 4 : at + size / 2;
    const offset = this.#target(at);
    const name = this.#name(this.#target(nameField));
    const inside = offset >= 0 && offset < this.#bytes.length;
    return name !== undefined && inside ? { name, offset } : undefined;
  }

  #target(field: number): number {
    const value = this.#bytes.readInt32LE(field);
    return this.#layout.relative ? field + value : (value - this.#base) >>> 0;
  }

  /** The C identifier at `at`, which may be the tail of a longer one: the linker merges them. */
  #name(at: number): string | undefined {
    if (at < 0 || at >= this.#bytes.length) return undefined;
    const end = this.#bytes.indexOf(0, at);
    if (end < 0 || end - at > MAX_NAME) return undefined;
    const name = this.#bytes.toString('latin1', at, end);
    return /^[A-Za-z_][\w.$]*$/.test(name) ? name : undefined;
  }
}
