/**
 * What snapshots cost: `npx tsx bench/snapshots.ts [GUEST.json]`. Boots a Debian guest in the emulator (the one of the
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
import { takeSnapshot } from '../src/live/snapshot-in-making.js';
import { openStore } from '../src/snapshots/store.js';
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
const take = () => {
  const taken = timed(() => takeSnapshot(live, store, SERIES, { reason: 'bench', base }));
  base = taken.result.number;
  return taken;
};
let snapshots = 0;
const recorded = timed(() => {
  for (let time = SECOND; time <= BOOTED; time += SECOND) {
    live.run({ time });
    snapshots += take().cpu;
  }
});
const speed = (recorded.cpu - snapshots) / recorded.cpu;
row('boot to 3 s of guest time, processor', `${(bare.cpu / 1000).toFixed(1)} s without snapshots`, '');
row('emulation speed with a snapshot every second', `${(speed * 100).toFixed(1)} %`, '95 %');

live.run({ time: IDLE });
live.machine.takeDirtyPages();
base = undefined;
for (const { series, number } of store.list()) store.remove(series, number);
await store.close();
rmSync(storePath, { recursive: true });
const fresh = openStore(storePath, { create: true });
const first = timed(() => takeSnapshot(live, fresh, SERIES, { reason: 'bench' }));
base = first.result.number;
const firstSize = size();
row(
  'pause for the first snapshot, all of 256 MiB',
  `${milliseconds(first.wall)}, ${milliseconds(first.cpu)} processor`,
  '500 ms',
);
row('storage of it', `${(firstSize / 1e6).toFixed(1)} MB for ${first.result.pagesNew} pages`, '');
const pauses: { wall: number; cpu: number; pages: number }[] = [];
for (let number = 1; number <= COUNT; number++) {
  live.run({ time: IDLE + number * SECOND });
  const { wall, cpu, result } = timed(() => takeSnapshot(live, fresh, SERIES, { reason: 'bench', base }));
  base = result.number;
  pauses.push({ wall, cpu, pages: result.pagesWritten });
}
fresh.flush();
const pages = median(pauses.map((each) => each.pages));
row(
  `pause of an idle guest, median of ${COUNT} (${pages} pages)`,
  `${milliseconds(median(pauses.map(({ wall }) => wall)))}, ${milliseconds(median(pauses.map(({ cpu }) => cpu)))} processor`,
  '20 ms',
);
row(`storage of ${COUNT} more, against the first`, `${(size() / firstSize).toFixed(2)} x`, '1.5 x');
live.close();
await fresh.close();

measureSeries(storePath, SERIES, COUNT);
rmSync(folder, { recursive: true, force: true });
