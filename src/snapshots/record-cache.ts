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

/** What many hold and few need at a time: of those that have said so, the oldest let go. */
export class LimitedHolders {
  readonly #limit: number;
  /** Oldest first. */
  readonly #holders = new Set<Holder>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(holder: Holder): void {
    this.#holders.add(holder);
    if (this.#holders.size <= this.#limit) return;
    const [oldest] = this.#holders;
    if (oldest === undefined) return;
    this.#holders.delete(oldest);
    oldest.letGo();
  }

  delete(holder: Holder): void {
    this.#holders.delete(holder);
  }
}

export interface Holder {
  /** Forgets what can be had again. */
  letGo(): void;
}
