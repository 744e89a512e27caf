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

/** A string section and the offset that its first byte has: 0, or for split BTF the end of the base's strings. */
export interface BtfStrings {
  readonly bytes: Uint8Array;
  readonly start: number;
}

/** The parts of an opened section that the index is made of. */
export interface BtfRecords {
  readonly types: Uint8Array;
  /** Start of each record in `types`, and its kind. */
  readonly offsets: Uint32Array;
  readonly kinds: Uint8Array;
  readonly count: number;
  /** The section's own strings first; split BTF also uses its base's for names that those have. */
  readonly strings: readonly BtfStrings[];
}

export class BtfNames {
  readonly #tables: readonly { readonly indices: Uint32Array; readonly names: NameTable }[];

  constructor(records: BtfRecords, category: BtfCategory) {
    this.#tables = records.strings.map((strings) => namesIn(strings, records, category));
  }

  /** Index (0-based, in this section) of the first type called `name`; -1 when there is none. */
  find(name: string): number {
    for (const { indices, names } of this.#tables) {
      const found = names.find(name);
      if (found >= 0) return indices[found] as number;
    }
    return -1;
  }
}

/** The types of a category whose names stand in `strings`. */
function namesIn({ bytes, start }: BtfStrings, { types, offsets, kinds, count }: BtfRecords, category: BtfCategory) {
  const [first, second] = KINDS[category];
  const indices = new Uint32Array(count);
  const starts = new Uint32Array(count);
  let named = 0;
  for (let index = 0; index < count; index++) {
    if (kinds[index] !== first && kinds[index] !== second) continue;
    const name = u32(types, (offsets[index] as number) + TYPE.name) - start;
    if (name < 0 || name >= bytes.length || bytes[name] === 0) continue;
    indices[named] = index;
    starts[named] = name;
    named++;
  }
  return { indices: indices.subarray(0, named), names: new NameTable(bytes, starts.subarray(0, named), 0) };
}
