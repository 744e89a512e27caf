/**
 * What snapshots cost: `npm run bench:snapshots [GUEST.json]`. Boots a Debian guest in the emulator (the one of the
 * demonstration unless told), lets it idle with a snapshot every second of its time, and measures pauses, storage,
 * reading, comparing and going over all of them.
 *
 * Processor time is what counts where a figure says so: it depends less on what else the machine does.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDebianGuest } from '../src/guests/create-debian-guest.js';
import { type GuestFile, loadGuestFile } from '../src/guests/guest-file.js';
import { copyGuest } from '../src/live/copy-guest.js';
import { LiveGuest } from '../src/live/live-guest.js';
import { startThread } from '../src/live/storing.js';
import type { SnapshotSink } from '../src/snapshots/snapshot-sink.js';
import { openStore, type SnapshotStore } from '../src/snapshots/store.js';
import { type RecordedBoot, STORING_THREAD } from './recorded-boot.js';
import { measureSeries, milliseconds, row } from './stored-series.js';

const SECOND = 1e9;
/** Runs that are measured with snapshots every second and without: to how many seconds of guest time, and what is run. */
const RUNS = [
  { name: 'boot to 3 s of guest time', seconds: 3, append: 'idle' },
  // A shell in an endless loop as the first process: a guest that always works.
  { name: 'boot and work, 10 s', seconds: 10, append: 'rdinit=/bin/busybox -- sh -c "while :; do :; done"' },
] as const;
/** Guest time at which nothing more happens in it. */
const IDLE = 12 * SECOND;
const COUNT = 100;
/** Boots of each kind. */
const BOOTS = Number(process.env.RUNS ?? 3);
const SERIES = 'bench';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-bench-'));
const storePath = join(folder, 'store');
const size = () => statSync(join(storePath, 'snapshots.mdb')).size;

/** Milliseconds on the wall and of the processor, all threads, that `work` takes. */
async function timed<T>(work: () => Promise<T>): Promise<{ result: T; wall: number; cpu: number }> {
  const before = process.cpuUsage();
  const began = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, wall: performance.now() - began, cpu: (user + system) / 1000 };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** A snapshot in its two parts: what the guest stands still for, and what a thread does while it runs on. */
async function take(live: LiveGuest, sink: SnapshotSink, pages: 'all' | 'changed') {
  const pause = await timed(() => copyGuest(live, sink, { series: SERIES, reason: 'bench', pages }));
  const { cpu, result } = await timed(() => pause.result.stored);
  return { pause, info: result, cpu: pause.cpu + cpu };
}

const storing = (store: SnapshotStore) => startThread(STORING_THREAD, store, { series: SERIES, keep: {} }, {});

/** Boots with snapshots and without, in turn, each in a process of its own. */
function measureBoots(guest: string, { name, seconds, append }: (typeof RUNS)[number]): void {
  const boots = { without: [] as RecordedBoot[], recorded: [] as RecordedBoot[] };
  const boot = (...args: string[]) => {
    const argv = ['--import', 'tsx', join(import.meta.dirname, 'recorded-boot.ts'), guest, String(seconds)];
    const child = [...argv, storePath, append, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, child, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`a boot ended with ${status}: ${stderr.slice(-500)}`);
    return JSON.parse(stdout) as RecordedBoot;
  };
  for (let run = 0; run < BOOTS; run++) {
    boots.without.push(boot());
    boots.recorded.push(boot('recorded'));
    rmSync(storePath, { recursive: true });
  }
  const of = (runs: readonly RecordedBoot[], what: 'guest' | 'all' | 'thread' | 'cpu') =>
    median(runs.map((each) => each[what]));
  const both = (what: 'guest' | 'all' | 'thread' | 'cpu') => {
    const [bare, recorded] = [of(boots.without, what), of(boots.recorded, what)];
    return `${(bare / 1000).toFixed(2)} s, ${(recorded / 1000).toFixed(2)} s: ${((bare / recorded) * 100).toFixed(1)} %`;
  };
  const still = median(boots.recorded.map(({ pauses, guest: wall }) => pauses.reduce((a, b) => a + b, 0) / wall));
  row(`${name}, without and with --every 1s, wall`, both('guest'), '95 %');
  row('the same until all is stored', both('all'), '');
  row('the same, processor time of the thread that runs the guest', both('thread'), '');
  row('the same, processor time of all threads', both('cpu'), '');
  row('of that time the guest stood still for snapshots', `${(still * 100).toFixed(1)} %`, '5 %');
}

const [path = createDebianGuest('amd64', () => {})] = process.argv.slice(2);
const plain = await loadGuestFile(path);
const guest: GuestFile = { ...plain, append: `${plain.append ?? ''} idle` };
row('what', 'measured', 'aim');
row('---', '---:', '---:');
for (const run of RUNS) measureBoots(path, run);

const live = await LiveGuest.boot(guest, () => {});
live.run({ time: IDLE });
rmSync(storePath, { recursive: true, force: true });
const fresh = openStore(storePath, { create: true });
const sink = storing(fresh);
const first = await take(live, sink, 'all');
fresh.refresh();
const firstSize = size();
row(
  'pause for a snapshot of all 256 MiB after boot',
  `${milliseconds(first.pause.wall)}, ${milliseconds(first.pause.cpu)} processor`,
  '500 ms',
);
row('all of its work, processor', milliseconds(first.cpu), '');
row('storage of it', `${(firstSize / 1e6).toFixed(1)} MB for ${first.info.pagesNew} pages`, '');
const pauses: { wall: number; cpu: number; all: number; pages: number }[] = [];
for (let number = 1; number <= COUNT; number++) {
  live.run({ time: IDLE + number * SECOND });
  const { pause, info, cpu } = await take(live, sink, 'changed');
  pauses.push({ wall: pause.wall, cpu: pause.cpu, all: cpu, pages: info.pagesWritten });
}
await sink.close();
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
