/**
 * Takes snapshots of a running guest on a schedule: every so much guest time or so many instructions. Each costs what
 * has changed since the one before.
 */
import { serialize } from 'node:v8';
import { PAGE_SIZE } from '../core/address.js';
import type { Outcome } from '../emulator/machine/outcome.js';
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { SnapshotStore } from '../snapshots/store.js';
import type { LiveGuest } from './live-guest.js';

export interface Schedule {
  /** Guest nanoseconds between two snapshots. */
  readonly everyTime?: number;
  /** Instructions between two snapshots. */
  readonly everyInstructions?: number;
  /** Guest nanoseconds after which the run ends. */
  readonly until?: number;
}

export interface Recorded {
  readonly snapshot: SnapshotInfo;
  /** Milliseconds that the guest stood still for it. */
  readonly pause: number;
}

/** The machine's state beside memory, as `saveState` gives it, in Node's structured-clone format. */
const STATE = { name: 'machine', version: 1 } as const;

/** Runs the guest to its end or the schedule's, taking snapshots; the last one shows the end. */
export function* recordSeries(
  live: LiveGuest,
  store: SnapshotStore,
  series: string,
  schedule: Schedule,
): Generator<Recorded, Outcome> {
  const { machine } = live;
  let base: number | undefined;
  const take = (reason: string): Recorded => {
    const started = performance.now();
    const snapshot = takeSnapshot(live, store, series, base, reason);
    base = snapshot.number;
    return { snapshot, pause: performance.now() - started };
  };
  for (;;) {
    const nextTime = Math.min(
      schedule.everyTime === undefined ? Number.POSITIVE_INFINITY : machine.time + schedule.everyTime,
      schedule.until ?? Number.POSITIVE_INFINITY,
    );
    const outcome = live.run({
      ...(Number.isFinite(nextTime) ? { time: nextTime } : {}),
      ...(schedule.everyInstructions === undefined ? {} : { icount: machine.icount + schedule.everyInstructions }),
    });
    if (outcome.kind !== 'reached') {
      yield take(outcome.kind);
      return outcome;
    }
    const isEnd = schedule.until !== undefined && machine.time >= schedule.until;
    yield take(isEnd ? 'end' : 'schedule');
    if (isEnd) return outcome;
  }
}

function takeSnapshot(
  live: LiveGuest,
  store: SnapshotStore,
  series: string,
  base: number | undefined,
  reason: string,
): SnapshotInfo {
  const { machine } = live;
  const memory = live.memory;
  const writer = store.beginSnapshot(
    series,
    { format: 'memlapse emulator', ranges: memory.ranges, registers: memory.registers },
    base === undefined ? {} : { base },
  );
  try {
    const dirty = machine.takeDirtyPages();
    const frames = writer.needsAllPages ? allFrames(machine.ramBytes) : dirty;
    for (const frame of frames) {
      const page = memory.page(frame);
      if (page !== undefined) writer.putPage(frame, page);
    }
    writer.putState(STATE.name, STATE.version, serialize(machine.saveState()));
    return writer.commit({
      icount: BigInt(machine.icount),
      guestTimeNs: BigInt(Math.round(machine.time)),
      wallTimeNs: BigInt(Date.now()) * 1_000_000n,
      reason,
    });
  } catch (error) {
    writer.abort();
    throw error;
  }
}

function* allFrames(bytes: number): Generator<number> {
  for (let frame = 0; frame < bytes / PAGE_SIZE; frame++) yield frame;
}
