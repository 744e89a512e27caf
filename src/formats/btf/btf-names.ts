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

export class BtfNames {
  readonly #parts: readonly NamesInStrings[];

  constructor(records: BtfRecords, category: BtfCategory) {
    this.#parts = records.strings.map((strings) => new NamesInStrings(records, KINDS[category], strings));
  }

  /** Index (0-based, in this section) of the first type called `name`; -1 when there is none. */
  find(name: string): number {
    for (const part of this.#parts) {
      const found = part.find(name);
      if (found >= 0) return found;
    }
    return -1;
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

  find(name: string): number {
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
