/**
 * Records the demonstration: boots a Debian guest and takes a snapshot every second of guest time and at each of its
 * moments. The guest file says which of its processes is hidden, and when.
 *
 * What is told about the snapshots afterwards is told by ordinary commands.
 */

import { UserError } from '../core/errors.js';
import { DEMO_MOMENTS } from '../guests/demo-init.js';
import { loadGuestFile } from '../guests/guest-file.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { GuestRun } from './guest-run.js';
import { LiveGuest } from './live-guest.js';
import type { Recorded } from './recorder.js';
import type { Schedule } from './schedule.js';
import { type StartStoring, storeHere } from './storing.js';

const NS = 1e9;

/** What a moment's snapshot is tagged: `moment-1`. */
export const momentTag = (number: number): string => `moment-${number}`;

const label = (number: number): string => `moment ${number}`;

const SCHEDULE: Schedule = {
  timed: [{ label: 'every 1s', clock: 'time', every: NS }],
  events: DEMO_MOMENTS.map((_, index) => ({
    label: label(index + 1),
    event: 'console',
    argument: `=MOMENT ${index + 1}=`,
  })),
};

/**
 * Runs the guest to its end; its snapshots are the series `series`.
 * @param note told at each moment what has happened
 * @param startStoring who stores the snapshots
 * @throws UserError when the guest cannot be booted or does not come to its moments
 */
export async function recordDemo(
  guestPath: string,
  store: SnapshotStore,
  series: string,
  note: (text: string) => void,
  startStoring: StartStoring = storeHere,
): Promise<void> {
  const began = performance.now();
  const reached: number[] = [];
  const taken = ({ snapshot: { number, moment } }: Recorded) => {
    const reasons = moment.reason?.split(', ') ?? [];
    const at = DEMO_MOMENTS.findIndex((_, index) => reasons.includes(label(index + 1))) + 1;
    if (at === 0) return;
    reached.push(at);
    store.tag(series, number, momentTag(at));
    const guestTime = `${(Number(moment.guestTimeNs ?? 0n) / NS).toFixed(1)} s of guest time`;
    const here = `${((performance.now() - began) / 1000).toFixed(0)} s here`;
    note(`${series}@${number}, ${guestTime}, ${here}: ${DEMO_MOMENTS[at - 1]}`);
  };
  const live = await LiveGuest.boot(await loadGuestFile(guestPath), (byte) => run.printed(byte));
  const storing = startStoring(store, { series, keep: {} }, { remark: note });
  const run: GuestRun = new GuestRun(
    live,
    store,
    storing,
    { series, schedule: SCHEDULE, speed: 'max' },
    { console: () => {}, rested: () => {}, snapshot: taken, remark: note },
  );
  try {
    await run.run();
  } finally {
    live.close();
    await storing.close();
  }
  if (reached.length < DEMO_MOMENTS.length) {
    throw new UserError(`the guest ended after moment ${reached.at(-1) ?? 0}`, 'remove the guest and try again');
  }
}
