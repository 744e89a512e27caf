/**
 * Finds BTF types by name and category without decoding the names of all the others.
 *
 * Of several types with one name and one category the first counts.
 */
import { NameTable } from '../../core/name-table.js';
import { KIND } from './layout.js';

export type BtfCategory = 'aggregate' | 'enum' | 'typedef';

const KINDS: Readonly<Record<BtfCategory, readonly number[]>> = {
  aggregate: [KIND.struct, KIND.union],
  enum: [KIND.enum, KIND.enum64],
  typedef: [KIND.typedef],
};

/** A string section, and the offset that its first byte has: 0, or for split BTF the end of the base's strings. */
export interface BtfStrings {
  readonly bytes: Uint8Array;
  readonly start: number;
}

/** The parts of an opened section that the index is made of. */
export interface BtfRecords {
  /** Of each type: where its name stands, and its kind. */
  readonly nameOffsets: Uint32Array;
  readonly kinds: Uint8Array;
  readonly count: number;
  /** The section's own strings first; split BTF also uses its base's, for names that those have. */
  readonly strings: readonly BtfStrings[];
}

/** A table of all names pays from about here on; a short command asks for a dozen. */
const SEARCHES = 48;
const MAX_COPIES = 8;

export class BtfNames {
  readonly #parts: readonly NamesInStrings[];
  readonly #answers = new Map<string, number>();

  constructor(records: BtfRecords, category: BtfCategory) {
    this.#parts = records.strings.map((strings) => new NamesInStrings(records, KINDS[category], strings));
  }

  /** Index (0-based, in this section) of the first type called `name`; -1 when there is none. */
  find(name: string): number {
    const known = this.#answers.get(name);
    if (known !== undefined) return known;
    const worthTable = this.#answers.size >= SEARCHES;
    let found = -1;
    for (const part of this.#parts) {
      found = worthTable ? part.lookUp(name) : part.search(name);
      if (found >= 0) break;
    }
    this.#answers.set(name, found);
    return found;
  }
}

/** The types of some kinds whose names stand in one string section. */
class NamesInStrings {
  readonly #records: BtfRecords;
  readonly #kinds: readonly number[];
  readonly #strings: BtfStrings;
  #table: { readonly indices: Uint32Array; readonly names: NameTable } | undefined;

  constructor(records: BtfRecords, kinds: readonly number[], strings: BtfStrings) {
    this.#records = records;
    this.#kinds = kinds;
    this.#strings = strings;
  }

  /** Looks for the name among the strings and then for a type that bears it. */
  search(name: string): number {
    const { nameOffsets, kinds } = this.#records;
    const [first, second] = this.#kinds;
    const { bytes, start: stringStart } = this.#strings;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const wanted = Buffer.from(`\0${name}\0`, 'latin1');
    // A split section's strings begin with a name, not with the empty string.
    const starts = text.subarray(0, wanted.length - 1).equals(wanted.subarray(1)) ? [0] : [];
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
      // Strings are not repeated, unless forged.
      if (starts.length === MAX_COPIES) return this.lookUp(name);
      starts.push(at + 1);
    }
    let best = -1;
    for (const start of starts) {
      const offset = start + stringStart;
      for (let index = nameOffsets.indexOf(offset); index >= 0; index = nameOffsets.indexOf(offset, index + 1)) {
        if (kinds[index] !== first && kinds[index] !== second) continue;
        if (best < 0 || index < best) best = index;
        break;
      }
    }
    return best;
  }

  lookUp(name: string): number {
    this.#table ??= this.#buildTable();
    const found = this.#table.names.find(name);
    return found < 0 ? -1 : (this.#table.indices[found] as number);
  }

  #buildTable(): { readonly indices: Uint32Array; readonly names: NameTable } {
    const { nameOffsets, kinds, count } = this.#records;
    const [first, second] = this.#kinds;
    const { bytes, start } = this.#strings;
    const indices = new Uint32Array(count);
    const names = new Uint32Array(count);
    let named = 0;
    for (let index = 0; index < count; index++) {
      if (kinds[index] !== first && kinds[index] !== second) continue;
      const name = (nameOffsets[index] as number) - start;
      if (name < 0 || name >= bytes.length || bytes[name] === 0) continue;
      indices[named] = index;
      names[named] = name;
      named++;
    }
    return { indices: indices.subarray(0, named), names: new NameTable(bytes, names.subarray(0, named), 0) };
  }
}
