/**
 * Finds BTF types by name without decoding the names of all the others: a hash table over the string section's bytes.
 *
 * Open addressing; a slot holds a type id + 1. Of several types with one name and one category the first counts.
 */
import { u32 } from '../../core/bytes.js';
import { KIND, TYPE } from './layout.js';

export type BtfCategory = 'aggregate' | 'enum' | 'typedef';

/** No C name in a kernel is longer; also bounds the work on forged strings without an end. */
export const MAX_NAME = 512;
/** Longest run of slots that is searched: only names made to collide come near it. */
const MAX_PROBES = 512;

const CATEGORIES: Readonly<Record<number, number>> = {
  [KIND.struct]: 1,
  [KIND.union]: 1,
  [KIND.enum]: 2,
  [KIND.enum64]: 2,
  [KIND.typedef]: 3,
};
const CATEGORY_NUMBER: Readonly<Record<BtfCategory, number>> = { aggregate: 1, enum: 2, typedef: 3 };

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
  readonly #records: BtfRecords;
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(records: BtfRecords) {
    this.#records = records;
    const { types, offsets, kinds, count, strings, stringStart } = records;
    const categories = Uint8Array.from({ length: 32 }, (_, kind) => CATEGORIES[kind] ?? 0);
    let named = 0;
    for (let i = 0; i < count; i++) if (categories[kinds[i] as number] !== 0) named++;
    let capacity = 256;
    while (capacity < named * 2) capacity *= 2;
    const mask = capacity - 1;
    const slots = new Int32Array(capacity);
    for (let i = 0; i < count; i++) {
      const category = categories[kinds[i] as number] as number;
      if (category === 0) continue;
      const name = u32(types, offsets[i] as number) - stringStart;
      if (name < 0 || name >= strings.length || strings[name] === 0) continue;
      let slot = hashAt(strings, name) & mask;
      for (let probes = 0; probes < MAX_PROBES; probes++, slot = (slot + 1) & mask) {
        const other = (slots[slot] as number) - 1;
        if (other < 0) {
          slots[slot] = i + 1;
          break;
        }
        const same = u32(types, offsets[other] as number) - stringStart === name;
        if (same && categories[kinds[other] as number] === category) break;
      }
    }
    this.#slots = slots;
    this.#mask = mask;
  }

  /** Index (0-based, in this section) of the first type of that name and category; -1 when there is none. */
  find(name: string, category: BtfCategory): number {
    const { types, offsets, kinds, strings, stringStart } = this.#records;
    const wanted = Buffer.from(`${name}\0`, 'latin1');
    const number = CATEGORY_NUMBER[category];
    let slot = hashAt(wanted, 0) & this.#mask;
    for (let probes = 0; probes < MAX_PROBES; probes++, slot = (slot + 1) & this.#mask) {
      const index = (this.#slots[slot] as number) - 1;
      if (index < 0) return -1;
      if (CATEGORIES[kinds[index] as number] !== number) continue;
      const at = u32(types, (offsets[index] as number) + TYPE.name) - stringStart;
      if (wanted.equals(strings.subarray(at, at + wanted.length))) return index;
    }
    return -1;
  }
}

/** FNV-1a over the bytes from `at` to the NUL, upper bits folded down. */
function hashAt(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  const end = Math.min(bytes.length, at + MAX_NAME);
  for (let i = at; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === 0) break;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash ^ (hash >>> 15);
}
