/**
 * Finds BTF types by name and category without decoding the names of all the others.
 *
 * Of several types with one name and one category the first counts.
 */
import { u32 } from '../../core/bytes.js';
import { NameTable } from '../../core/name-table.js';
import { KIND, TYPE } from './layout.js';

export type BtfCategory = 'aggregate' | 'enum' | 'typedef';

const KINDS: Readonly<Record<BtfCategory, readonly number[]>> = {
  aggregate: [KIND.struct, KIND.union],
  enum: [KIND.enum, KIND.enum64],
  typedef: [KIND.typedef],
};

/** The parts of an opened section that the index is made of. */
export interface BtfRecords {
  readonly types: Uint8Array;
  /** Start of each record in `types`, and its kind. */
  readonly offsets: Uint32Array;
  readonly kinds: Uint8Array;
  readonly count: number;
  readonly strings: Uint8Array;
  /** The string offset that `strings[0]` has: 0, or for split BTF the end of the base's strings. */
  readonly stringStart: number;
}

export class BtfNames {
  readonly #indices: Uint32Array;
  readonly #table: NameTable;

  constructor({ types, offsets, kinds, count, strings, stringStart }: BtfRecords, category: BtfCategory) {
    const [first, second] = KINDS[category];
    const indices = new Uint32Array(count);
    const names = new Uint32Array(count);
    let named = 0;
    for (let index = 0; index < count; index++) {
      if (kinds[index] !== first && kinds[index] !== second) continue;
      const name = u32(types, (offsets[index] as number) + TYPE.name) - stringStart;
      if (name < 0 || name >= strings.length || strings[name] === 0) continue;
      indices[named] = index;
      names[named] = name;
      named++;
    }
    this.#indices = indices.subarray(0, named);
    this.#table = new NameTable(strings, names.subarray(0, named), 0);
  }

  /** Index (0-based, in this section) of the first type called `name`; -1 when there is none. */
  find(name: string): number {
    const found = this.#table.find(name);
    return found < 0 ? -1 : (this.#indices[found] as number);
  }
}
