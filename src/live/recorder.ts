/**
 * Takes the snapshots of a run, one at a time: the guest stands still while its memory is copied, and runs on while the
 * copy is written. One that comes due before the last is written waits for it, so that there is one copy at most.
 */
import { UserError } from '../core/errors.js';
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { SnapshotStore } from '../snapshots/store.js';
import type { LiveGuest } from './live-guest.js';
import { Retention } from './retention.js';
import type { Schedule } from './schedule.js';
import { SnapshotInMaking } from './snapshot-in-making.js';

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

interface Making {
  readonly snapshot: SnapshotInMaking;
  readonly pause: number;
  stored(recorded: Recorded): void;
  failed(error: UserError): void;
}

export class Recorder {
  readonly #live: LiveGuest;
  readonly #store: SnapshotStore;
  readonly #series: string;
  readonly #host: RecorderHost;
  readonly #retention: Retention;
  /** The snapshot that changed pages are counted from. */
  #base: number | undefined;
  #making: Making | undefined;
  #taken = 0;
  #missed = 0;

  constructor(live: LiveGuest, store: SnapshotStore, series: string, keep: Schedule, host: RecorderHost) {
    this.#live = live;
    this.#store = store;
    this.#series = series;
    this.#host = host;
    this.#retention = new Retention(store, series, keep, (text) => host.remark(text));
  }

  /** Snapshots taken, and those that could not be. */
  get counts(): { readonly taken: number; readonly missed: number } {
    return { taken: this.#taken, missed: this.#missed };
  }

  /** Number of the last snapshot stored. */
  get last(): number | undefined {
    return this.#base;
  }

  get isWriting(): boolean {
    return this.#making !== undefined;
  }

  /** Says that so many snapshots were due and nobody came to take them. */
  skipped(count: number, label: string): void {
    this.#missed += count;
    this.#host.remark(`${count} missed of '${label}': the guest or the store was too slow`);
  }

  /**
   * Copies the guest, which stands still. The promise tells when the copy is stored.
   * @returns a promise that is rejected with a UserError when the store cannot be written to
   */
  begin(reason: string, label?: string): Promise<Recorded> {
    const started = performance.now();
    this.finish();
    const base = this.#base;
    this.#base = undefined;
    return new Promise((stored, failed) => {
      const snapshot = this.#orMissed(reason, failed, () =>
        SnapshotInMaking.begin(this.#live, this.#store, this.#series, { reason, label, base }),
      );
      if (snapshot === undefined) return;
      this.#making = { snapshot, pause: performance.now() - started, stored, failed };
    });
  }

  /** Goes on writing for so many milliseconds. */
  write(milliseconds: number): void {
    const making = this.#making;
    if (making === undefined) return;
    const { snapshot, pause } = making;
    const info = this.#orMissed(snapshot.reason, making.failed, () =>
      snapshot.write(milliseconds) ? snapshot.commit() : 'goes on',
    );
    if (info === 'goes on') return;
    snapshot.abort();
    this.#making = undefined;
    if (info === undefined) return;
    this.#base = info.number;
    this.#taken++;
    const recorded = { snapshot: info, pause };
    this.#host.snapshot(recorded);
    if (pause > SLOW) {
      const time = `${(pause / 1000).toFixed(1)} s`;
      this.#host.remark(`${this.#series}@${info.number} was slow: the guest stood still for ${time}`);
    }
    this.#retention.taken(info.number);
    making.stored(recorded);
  }

  /** Writes all that is copied. */
  finish(): void {
    this.write(Number.POSITIVE_INFINITY);
  }

  /** Gives back the room of snapshots that were let go. */
  collect(): void {
    this.#retention.collect();
  }

  /** A store that fails loses the snapshot, not the run. */
  #orMissed<T>(reason: string, failed: (error: UserError) => void, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#missed++;
      this.#host.remark(`the snapshot for '${reason}' is missed: ${error.message}`);
      failed(error);
      return undefined;
    }
  }
}
