/**
 * What snapshots cost: `npm run bench:snapshots [GUEST.json]`. Boots a Debian guest in the emulator (the one of the
 * demonstration unless told), lets it idle with a snapshot every second of its time, and measures pauses, storage,
 * reading, comparing and going over all of them.
 *
 * Processor time is what counts where a figure says so: it depends less on what else the machine does.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDebianGuest } from '../src/guests/create-debian-guest.js';
import { type GuestFile, loadGuestFile } from '../src/guests/guest-file.js';
import { LiveGuest } from '../src/live/live-guest.js';
import { SnapshotInMaking, type SnapshotRequest } from '../src/live/snapshot-in-making.js';
import { openStore, type SnapshotStore } from '../src/snapshots/store.js';
import { measureSeries, milliseconds, row } from './stored-series.js';

const SECOND = 1e9;
/** Guest time at which the guest has booted, and at which nothing more happens in it. */
const BOOTED = 3 * SECOND;
const IDLE = 12 * SECOND;
const COUNT = 100;
const SERIES = 'bench';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-bench-'));
const storePath = join(folder, 'store');
const size = () => statSync(join(storePath, 'snapshots.mdb')).size;

/** Milliseconds on the wall and of the processor that `work` takes. */
function timed<T>(work: () => T): { result: T; wall: number; cpu: number } {
  const before = process.cpuUsage();
  const began = performance.now();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, wall: performance.now() - began, cpu: (user + system) / 1000 };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** A snapshot in its two parts: what the guest stands still for, and what is done while it runs on. */
function take(live: LiveGuest, store: SnapshotStore, request: SnapshotRequest) {
  const pause = timed(() => SnapshotInMaking.begin(live, store, SERIES, request));
  const { cpu, result } = timed(() => {
    pause.result.write(Number.POSITIVE_INFINITY);
    return pause.result.commit();
  });
  return { pause, info: result, cpu: pause.cpu + cpu };
}

const [path = createDebianGuest('amd64', () => {})] = process.argv.slice(2);
const plain = await loadGuestFile(path);
const guest: GuestFile = { ...plain, append: `${plain.append ?? ''} idle` };
row('what', 'measured', 'aim');
row('---', '---:', '---:');

// The same stretch of a boot with snapshots and without, in turn.
const without = await LiveGuest.boot(guest, () => {});
const bare = timed(() => without.run({ time: BOOTED }));
without.close();
const store = openStore(storePath, { create: true });
const live = await LiveGuest.boot(guest, () => {});
let base: number | undefined;
const costs: number[] = [];
const recorded = timed(() => {
  for (let time = SECOND; time <= BOOTED; time += SECOND) {
    live.run({ time });
    const { info, cpu } = take(live, store, { reason: 'bench', base });
    base = info.number;
    costs.push(cpu);
  }
});
const [whole = 0, ...later] = costs;
const sum = (values: readonly number[]) => values.reduce((all, each) => all + each, 0);
const percent = (part: number, all: number) => `${(((all - part) / all) * 100).toFixed(1)} %`;
row('boot to 3 s of guest time, processor', `${(bare.cpu / 1000).toFixed(1)} s without snapshots`, '');
row('emulation speed with a snapshot every second of it', percent(sum(costs), recorded.cpu), '95 %');
row('the same without the first, of all pages', percent(sum(later), recorded.cpu - whole), '95 %');

live.run({ time: IDLE });
live.machine.takeDirtyPages();
base = undefined;
for (const { series, number } of store.list()) store.remove(series, number);
await store.close();
rmSync(storePath, { recursive: true });
const fresh = openStore(storePath, { create: true });
const first = take(live, fresh, { reason: 'bench' });
base = first.info.number;
const firstSize = size();
row(
  'pause for the first snapshot, all of 256 MiB',
  `${milliseconds(first.pause.wall)}, ${milliseconds(first.pause.cpu)} processor`,
  '500 ms',
);
row('all of its work, processor', milliseconds(first.cpu), '');
row('storage of it', `${(firstSize / 1e6).toFixed(1)} MB for ${first.info.pagesNew} pages`, '');
const pauses: { wall: number; cpu: number; all: number; pages: number }[] = [];
for (let number = 1; number <= COUNT; number++) {
  live.run({ time: IDLE + number * SECOND });
  const { pause, info, cpu } = take(live, fresh, { reason: 'bench', base });
  base = info.number;
  pauses.push({ wall: pause.wall, cpu: pause.cpu, all: cpu, pages: info.pagesWritten });
}
fresh.flush();
const pages = median(pauses.map((each) => each.pages));
row(
  `pause of an idle guest, median of ${COUNT} (${pages} pages)`,
  `${milliseconds(median(pauses.map(({ wall }) => wall)))}, ${milliseconds(median(pauses.map(({ cpu }) => cpu)))} processor`,
  '20 ms',
);
row('all of its work, processor', milliseconds(median(pauses.map(({ all }) => all))), '');
row(`storage of ${COUNT} more, against the first`, `${(size() / firstSize).toFixed(2)} x`, '1.5 x');
live.close();
await fresh.close();

measureSeries(storePath, SERIES, COUNT);
rmSync(folder, { recursive: true, force: true });
