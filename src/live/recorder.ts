/**
 * Takes the snapshots of a run, one at a time: the guest stands still while its memory is copied, and runs on while the
 * copy is stored. One is on its way to the store, the one that a killed run loses; the next waits, and the guest with it.
 */
import { UserError } from '../core/errors.js';
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { SnapshotSink } from '../snapshots/snapshot-sink.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { copyGuest } from './copy-guest.js';
import type { LiveGuest } from './live-guest.js';

/** Milliseconds of standing still from which a snapshot is called slow. */
const SLOW = 500;

export interface Recorded {
  readonly snapshot: SnapshotInfo;
  /** Milliseconds that the guest stood still for it. */
  readonly pause: number;
}

export interface RecorderHost {
  /** A snapshot is stored. The guest may have run on since its moment. */
  snapshot(recorded: Recorded): void;
  remark(text: string): void;
}

export class Recorder {
  readonly #live: LiveGuest;
  readonly #store: SnapshotStore;
  readonly #sink: SnapshotSink;
  readonly #series: string;
  readonly #host: RecorderHost;
  /** Whether the next one cannot be told by what has changed since the one before. */
  #needsAll = true;
  #last: number | undefined;
  /** The snapshot on its way to the store. Rejected by a bug only. */
  #storing: Promise<void> = Promise.resolve();
  #taken = 0;
  #missed = 0;

  /** @param sink leads to `store` */
  constructor(live: LiveGuest, store: SnapshotStore, sink: SnapshotSink, series: string, host: RecorderHost) {
    this.#live = live;
    this.#store = store;
    this.#sink = sink;
    this.#series = series;
    this.#host = host;
  }

  /** Snapshots taken, and those that could not be. */
  get counts(): { readonly taken: number; readonly missed: number } {
    return { taken: this.#taken, missed: this.#missed };
  }

  /** Number of the last snapshot stored. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Says that so many snapshots were due and nobody came to take them. */
  skipped(count: number, label: string): void {
    this.#missed += count;
    this.#host.remark(`${count} missed of '${label}': the guest or the store was too slow`);
  }

  /**
   * Copies the guest, which has to stand still until this resolves. `stored` is settled when the copy is stored, and
   * rejected with a UserError when it cannot be, which was said and counted.
   */
  async take(reason: string, label?: string, tag?: string): Promise<{ readonly stored: Promise<Recorded> }> {
    const started = performance.now();
    await this.#storing;
    const request = { series: this.#series, reason, label, tag, pages: this.#pages() } as const;
    const copy = copyGuest(this.#live, this.#sink, request);
    const pause = copy.then(() => performance.now() - started);
    const stored = this.#stored(copy, pause, reason);
    this.#storing = stored.then(() => {}, ignoreUserError);
    // A bug is for the next who waits.
    this.#storing.catch(() => {});
    await pause.catch(ignoreUserError);
    return { stored };
  }

  /** Waits until all is stored. Nothing can be taken any more. */
  async close(): Promise<void> {
    await this.#storing;
    await this.#sink.close();
  }

  /** What the next one is told by. The one before may have been removed from the store meanwhile. */
  #pages(): 'changed' | 'all' {
    const isThere = this.#last !== undefined && this.#store.has(this.#series, this.#last);
    const needsAll = this.#needsAll || !isThere;
    this.#needsAll = false;
    return needsAll ? 'all' : 'changed';
  }

  /** A store that fails loses the snapshot, not the run. */
  async #stored(copy: ReturnType<typeof copyGuest>, paused: Promise<number>, reason: string): Promise<Recorded> {
    try {
      const { stored } = await copy;
      const recorded = { snapshot: await stored, pause: await paused };
      this.#recorded(recorded);
      return recorded;
    } catch (error) {
      this.#needsAll = true;
      if (error instanceof UserError) {
        this.#missed++;
        this.#host.remark(`the snapshot for '${reason}' is missed: ${error.message}`);
      }
      throw error;
    }
  }

  #recorded(recorded: Recorded): void {
    const { snapshot, pause } = recorded;
    this.#last = snapshot.number;
    this.#taken++;
    // It came from another thread: what was read last may be older.
    this.#store.refresh();
    this.#host.snapshot(recorded);
    if (pause <= SLOW) return;
    const time = `${(pause / 1000).toFixed(1)} s`;
    this.#host.remark(`${this.#series}@${snapshot.number} was slow: the guest stood still for ${time}`);
  }
}

function ignoreUserError(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}
