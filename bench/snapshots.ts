/**
 * What snapshots cost: `npx tsx bench/snapshots.ts [GUEST.json]`. Boots a Debian guest in the emulator (the one of the
 * demonstration unless told), lets it idle with a snapshot every second of its time, and measures pauses, storage,
 * reading, comparing and going over all of them.
 *
 * Processor time is what counts where a figure says so: it depends less on what else the machine does.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDebianGuest } from '../src/guests/create-debian-guest.js';
import { type GuestFile, loadGuestFile } from '../src/guests/guest-file.js';
import { LiveGuest } from '../src/live/live-guest.js';
import { takeSnapshot } from '../src/live/take-snapshot.js';
import { openStore } from '../src/snapshots/store.js';

const SECOND = 1e9;
/** Guest time at which the guest has booted, and at which nothing more happens in it. */
const BOOTED = 3 * SECOND;
const IDLE = 12 * SECOND;
const COUNT = 100;
const RUNS = 5;
const SERIES = 'bench';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-bench-'));
const storePath = join(folder, 'store');
const row = (...cells: string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
const size = () => statSync(join(storePath, 'snapshots.mdb')).size;
const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

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

const CLI = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const run = (...args: string[]) => {
  const began = performance.now();
  const result = spawnSync('/usr/bin/time', ['-f', '%U %S %M', process.execPath, CLI, ...args, '--store', storePath], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, MEMLAPSE_CACHE: join(folder, 'cache') },
  });
  if (result.status !== 0) throw new Error(result.stderr);
  const [user = 0, system = 0, rss = 0] = (result.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wall: performance.now() - began, cpu: (user + system) * 1000, rss: rss / 1024 };
};
const best = (...args: string[]) => {
  const runs = Array.from({ length: RUNS }, () => run(...args));
  const least = (of: (each: (typeof runs)[number]) => number) => Math.min(...runs.map(of));
  return { wall: least(({ wall }) => wall), cpu: least(({ cpu }) => cpu), rss: least(({ rss }) => rss) };
};
const text = ({ wall, cpu, rss }: ReturnType<typeof best>) =>
  `${milliseconds(wall)}, ${milliseconds(cpu)} processor, ${rss.toFixed(0)} MiB`;
const raw = join(folder, 'memory.raw');
run('snapshot', 'export', `${SERIES}@50`, raw);
run('pslist', '-f', raw);
run('pslist', '-f', `snapshot:${SERIES}@50`);
const file = best('pslist', '-f', raw, '--json');
const stored = best('pslist', '-f', `snapshot:${SERIES}@50`, '--json');
row('pslist on the raw file', text(file), '');
row('pslist on the stored snapshot', `${text(stored)}: ${(stored.cpu / file.cpu).toFixed(2)} x`, '1.2 x');
row('pslist --between 1..10', text(best('pslist', '-f', `snapshot:${SERIES}`, '--between', '1..10', '--json')), '');
const between = best('pslist', '-f', `snapshot:${SERIES}`, '--between', `1..${COUNT}`, '--json');
row(`pslist --between 1..${COUNT}`, `${text(between)}: ${(between.cpu / stored.cpu).toFixed(2)} x`, '5 x one');
row('diff of two neighbours', text(best('diff', `snapshot:${SERIES}@50`, `snapshot:${SERIES}@51`, '--json')), '1 s');
row(`timeline of ${COUNT + 1}`, text(run('timeline', '-f', `snapshot:${SERIES}`, '--json')), '');
rmSync(folder, { recursive: true, force: true });
