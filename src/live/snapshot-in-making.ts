/**
 * A snapshot of a guest in two parts: `begin` copies, while the guest stands still, what has changed since the one
 * before; what is copied goes to the store afterwards, bit by bit, while the guest runs on.
 *
 * It holds at most a copy of the guest's memory. Who waits for whom is the business of `recorder.ts`.
 */
import { PAGE_SIZE } from '../core/address.js';
import { invariant } from '../core/errors.js';
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { Moment } from '../snapshots/moment.js';
import type { SnapshotWriter } from '../snapshots/snapshot-writer.js';
import type { SnapshotStore } from '../snapshots/store.js';
import type { LiveGuest } from './live-guest.js';
import { type SavedState, savedStates } from './saved-guest.js';

export interface SnapshotRequest {
  /** What made it be taken: `every 2s`. */
  readonly reason: string;
  readonly label?: string | undefined;
  /** The snapshot of the series that was the last one taken of this machine; all pages are read when there is none. */
  readonly base?: number | undefined;
}

/** Pages between two looks at the clock. */
const STEP = 64;
const ZEROS = Buffer.alloc(PAGE_SIZE);

export class SnapshotInMaking {
  readonly #writer: SnapshotWriter;
  readonly #frames: readonly number[];
  readonly #pages: Uint8Array;
  readonly #states: readonly SavedState[];
  readonly #moment: Moment;
  #written = 0;

  private constructor(writer: SnapshotWriter, live: LiveGuest, { reason, label }: SnapshotRequest) {
    const { machine, memory } = live;
    this.#writer = writer;
    this.#frames = [...changedFrames(live, writer.needsAllPages)];
    this.#pages = Buffer.allocUnsafe(this.#frames.length * PAGE_SIZE);
    for (const [index, frame] of this.#frames.entries()) {
      this.#pages.set(memory.page(frame) as Uint8Array, index * PAGE_SIZE);
    }
    this.#states = savedStates(live);
    this.#moment = {
      icount: BigInt(machine.icount),
      guestTimeNs: BigInt(Math.round(machine.time)),
      wallTimeNs: BigInt(Date.now()) * 1_000_000n,
      reason,
      label,
    };
  }

  /**
   * Copies a guest that stands still. What has changed counts as taken: when the snapshot is given up or fails, the
   * next one needs all pages, so leave its `base` out.
   * @throws UserError when the store cannot be written to
   */
  static begin(live: LiveGuest, store: SnapshotStore, series: string, request: SnapshotRequest): SnapshotInMaking {
    const { ranges, registers } = live.memory;
    const memory = { format: 'memlapse emulator', ranges, registers };
    const writer = store.beginSnapshot(series, memory, { base: request.base });
    try {
      return new SnapshotInMaking(writer, live, request);
    } catch (error) {
      writer.abort();
      throw error;
    }
  }

  get reason(): string {
    return this.#moment.reason ?? '';
  }

  /**
   * Hands pages to the store until `milliseconds` are over. True when nothing is left but to commit.
   * @throws UserError when the store cannot be written to
   */
  write(milliseconds: number): boolean {
    const end = performance.now() + milliseconds;
    while (this.#written < this.#frames.length) {
      if (this.#written % STEP === 0 && performance.now() > end) return false;
      const start = this.#written * PAGE_SIZE;
      const frame = this.#frames[this.#written] as number;
      this.#writer.putPage(frame, this.#pages.subarray(start, start + PAGE_SIZE));
      this.#written++;
    }
    return true;
  }

  /** Makes the snapshot exist. @throws UserError when the store cannot be written to */
  commit(): SnapshotInfo {
    invariant(this.#written === this.#frames.length, 'all pages are written');
    for (const { name, version, bytes } of this.#states) this.#writer.putState(name, version, bytes);
    return this.#writer.commit(this.#moment, { flush: false });
  }

  /** Gives the snapshot up. Harmless after `commit`. */
  abort(): void {
    this.#writer.abort();
  }
}

/** Those written to since the last snapshot; `all`: those that are not zero. */
function* changedFrames({ machine, memory }: LiveGuest, all: boolean): Generator<number> {
  const dirty = machine.takeDirtyPages();
  if (!all) {
    yield* dirty;
    return;
  }
  for (let frame = 0; frame < machine.ramBytes / PAGE_SIZE; frame++) {
    const page = memory.page(frame);
    if (page !== undefined && !ZEROS.equals(page)) yield frame;
  }
}
