/**
 * Records that were read and decoded, by number; the least recently used leave first. One for all snapshots of a store:
 * neighbours share most of their packs and leaves, and the number of one is never given to another.
 */
export class RecordCache<T> {
  readonly #capacity: number;
  /** Least recently used first. */
  readonly #records = new Map<number, T>();
  #lastNumber = -1;
  #last: T | undefined;

  /** @param capacity records that are kept at most */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The record `number` if it is here, which does not count as a use. */
  peek(number: number): T | undefined {
    return this.#records.get(number);
  }

  /** The record `number`, by `load` when it is not here. */
  get(number: number, load: () => T): T {
    if (number === this.#lastNumber) return this.#last as T;
    let record = this.#records.get(number);
    if (record !== undefined) this.#records.delete(number);
    else {
      record = load();
      if (this.#records.size >= this.#capacity) this.#records.delete(this.#records.keys().next().value as number);
    }
    this.#records.set(number, record);
    this.#lastNumber = number;
    this.#last = record;
    return record;
  }
}
