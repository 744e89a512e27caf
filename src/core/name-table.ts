/**
 * Finds a name among many that lie in one byte array, without making a string of each: a hash table over the bytes.
 *
 * For symbol files with 100,000 names of which ten are wanted. Open addressing; of equal names the first counts.
 */

/** Longest name that is told apart from others; also bounds the work on forged names without an end. */
export const MAX_NAME_BYTES = 512;
/** Longest run of slots that is searched. The table is at most half full: only names made to collide come near it. */
const MAX_PROBES = 512;

export class NameTable {
  readonly #bytes: Uint8Array;
  readonly #starts: ArrayLike<number>;
  readonly #terminator: number;
  readonly #hashes: Int32Array;
  /** Index + 1 of the name in each slot; 0 is an empty slot. */
  readonly #slots: Int32Array;

  /**
   * @param starts where in `bytes` each name begins
   * @param terminator the byte behind each name: 0 in string tables, 0x22 for JSON keys
   */
  constructor(bytes: Uint8Array, starts: ArrayLike<number>, terminator: number) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.#terminator = terminator;
    let capacity = 64;
    while (capacity < starts.length * 2) capacity *= 2;
    this.#slots = new Int32Array(capacity);
    this.#hashes = new Int32Array(starts.length);
    for (let index = 0; index < starts.length; index++) this.#insert(index);
  }

  /** Index in `starts` of the first name equal to `name` (one byte a character); -1 when there is none. */
  find(name: string): number {
    const wanted = Buffer.from(name, 'latin1');
    const hash = this.#hashAt(wanted, 0);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let probes = 0; probes < MAX_PROBES; probes++, slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] as number) - 1;
      if (index < 0) return -1;
      if (this.#hashes[index] === hash && this.#equals(wanted, this.#starts[index] as number)) return index;
    }
    return -1;
  }

  #insert(index: number): void {
    const hash = this.#hashAt(this.#bytes, this.#starts[index] as number);
    this.#hashes[index] = hash;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let probes = 0; probes < MAX_PROBES; probes++, slot = (slot + 1) & mask) {
      const other = (slots[slot] as number) - 1;
      if (other < 0) {
        slots[slot] = index + 1;
        return;
      }
      if (this.#hashes[other] === hash && this.#starts[other] === this.#starts[index]) return;
    }
  }

  /** FNV-1a up to the terminator, the upper bits folded down to where the mask looks. */
  #hashAt(bytes: Uint8Array, start: number): number {
    const terminator = this.#terminator;
    const end = Math.min(bytes.length, start + MAX_NAME_BYTES);
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === terminator) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    return hash ^ (hash >>> 15);
  }

  #equals(wanted: Uint8Array, start: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
    return start + wanted.length >= bytes.length || bytes[start + wanted.length] === this.#terminator;
  }
}
