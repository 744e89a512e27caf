/** Removes old snapshots of a run as newer ones come, and now and then the pages that only they had. */
import { UserError } from '../core/errors.js';
import { collectGarbage } from '../snapshots/collect-garbage.js';
import type { SnapshotStore } from '../snapshots/store.js';
import type { Schedule } from './schedule.js';

/** Snapshots removed between two collections, which read the page tables of all that stay. */
const REMOVALS = 64;

export type KeepRule = Pick<Schedule, 'keep' | 'keepEvery'>;

export class Retention {
  readonly #store: SnapshotStore;
  readonly #series: string;
  readonly #keep: number;
  readonly #keepEvery: number | undefined;
  readonly #remark: (text: string) => void;
  /** Numbers of the newest snapshots, oldest first. */
  readonly #recent: number[] = [];
  #removed = 0;

  constructor(store: SnapshotStore, series: string, { keep, keepEvery }: KeepRule, remark: (text: string) => void) {
    this.#store = store;
    this.#series = series;
    this.#keep = keep ?? Number.POSITIVE_INFINITY;
    this.#keepEvery = keepEvery;
    this.#remark = remark;
  }

  /** A snapshot was taken: lets the oldest go when there are too many. Tagged ones stay. */
  taken(number: number): void {
    this.#recent.push(number);
    while (this.#recent.length > this.#keep) {
      const oldest = this.#recent.shift() as number;
      if (this.#keepEvery !== undefined && oldest % this.#keepEvery === 0) continue;
      if (this.#store.isTagged(this.#series, oldest)) continue;
      this.#remove(oldest);
    }
    if (this.#removed >= REMOVALS) this.collect();
  }

  /** Gives back the room of what was removed so far. */
  collect(): void {
    if (this.#removed === 0) return;
    this.#removed = 0;
    this.#said(() => collectGarbage(this.#store), 'room of removed snapshots is not given back yet');
  }

  #remove(number: number): void {
    this.#said(() => {
      this.#store.remove(this.#series, number);
      this.#removed++;
    }, `${this.#series}@${number} is not removed`);
  }

  /** The run goes on without: what failed is tried again at the next turn, or by `snapshot gc`. */
  #said(action: () => void, what: string): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#remark(`${what}: ${error.message}`);
    }
  }
}
