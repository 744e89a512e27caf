/**
 * What snapshots cost: `npx tsx bench/snapshots.ts IMAGE`. Imports the image, puts a hundred snapshots after it in each
 * of which a few tasks ran and some other pages changed, and measures storage, reading, comparing and going over all.
 * Needs no emulator; times are of one process, warm where a figure says so.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Image } from '../src/analysis/image.js';
import { openMemory } from '../src/formats/open-image.js';
import { processes } from '../src/objects/linux/tasks.js';
import { pageOwners } from '../src/objects/page-owners.js';
import { importMemory } from '../src/snapshots/import-memory.js';
import { openStore } from '../src/snapshots/store.js';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('name an image of a Linux guest');
const COUNT = 100;
const TASKS = 5;
const OTHERS = 55;
const folder = mkdtempSync(join(tmpdir(), 'memlapse-bench-'));
const size = () => statSync(join(folder, 'snapshots.mdb')).size;
const say = (what: string, value: string) => process.stdout.write(`${what.padEnd(60)} ${value}\n`);
const ms = (start: number) => `${(performance.now() - start).toFixed(0)} ms`;

const store = openStore(folder, { create: true });
const memory = await openMemory(path);
let start = performance.now();
const importing = importMemory(store, 'bench', memory, { wallTimeNs: 0n, guestTimeNs: 0n });
let step = importing.next();
while (step.done !== true) step = importing.next();
say('import of the whole image', ms(start));
const first = size();
say('size of the store after it', `${(first / 1e6).toFixed(1)} MB`);

const kernel = await new Image(path, memory).requireLinux();
const runtimes = [...processes(kernel)].map((task) => {
  const at = kernel.space.translate(task.address + BigInt(task.field('se.sum_exec_runtime').offset));
  if (at.kind !== 'mapped') throw new Error('a task is not mapped');
  return at.physical;
});
// Data of processes: a guest does not write to the code of its kernel.
const data = [...pageOwners(kernel)].flatMap(([frame, owners]) =>
  owners.every(({ pid }) => pid !== undefined) ? [frame] : [],
);
const changed = new Map<number, Buffer>();
const edit = (physical: number, value: bigint, dirty: Set<number>) => {
  const frame = Math.floor(physical / 4096);
  const page = changed.get(frame) ?? Buffer.from(memory.page(frame) ?? Buffer.alloc(4096));
  page.writeBigUInt64LE(value, physical % 4096);
  changed.set(frame, page);
  dirty.add(frame);
};
let slowest = 0;
for (let number = 1; number <= COUNT; number++) {
  const dirty = new Set<number>();
  for (let k = 0; k < TASKS; k++) {
    edit(runtimes[(number * TASKS + k) % runtimes.length] as number, BigInt(number) << 20n, dirty);
  }
  for (let k = 0; k < OTHERS; k++) {
    const frame = data[(k * 1087) % data.length] as number;
    edit(frame * 4096 + 4088, BigInt(number * 1000 + k), dirty);
  }
  start = performance.now();
  const { format, ranges, registers } = memory;
  const writer = store.beginSnapshot('bench', { format, ranges, registers }, { base: number });
  for (const frame of dirty) writer.putPage(frame, changed.get(frame) as Buffer);
  const time = BigInt(number) * 1_000_000_000n;
  writer.commit({ wallTimeNs: time, guestTimeNs: time }, { flush: false });
  slowest = Math.max(slowest, performance.now() - start);
}
store.flush();
say(`slowest of ${COUNT} snapshots with ${TASKS + OTHERS} dirty pages`, `${slowest.toFixed(1)} ms`);
say(`size with ${COUNT} more, against the first`, `${(size() / first).toFixed(2)} x`);
memory.close();
await store.close();

const CLI = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const run = (...args: string[]) => {
  const begun = performance.now();
  const result = spawnSync('/usr/bin/time', ['-f', '%U %S %M', process.execPath, CLI, ...args, '--store', folder], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const [user = 0, system = 0, rss = 0] = (result.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wall: performance.now() - begun, cpu: (user + system) * 1000, rss };
};
const best = (...args: string[]) => {
  const runs = [0, 1, 2, 3, 4].map(() => run(...args));
  return {
    wall: Math.min(...runs.map((each) => each.wall)),
    cpu: Math.min(...runs.map((each) => each.cpu)),
    rss: Math.max(...runs.map((each) => each.rss)),
  };
};
const text = ({ wall, cpu, rss }: { wall: number; cpu: number; rss: number }) =>
  `${wall.toFixed(0)} ms, ${cpu.toFixed(0)} ms of processor, ${(rss / 1024).toFixed(0)} MiB`;
best('pslist', '-f', path, '--json');
const raw = best('pslist', '-f', path, '--json');
const stored = best('pslist', '-f', 'snapshot:bench@50', '--json');
const between = best('pslist', '-f', 'snapshot:bench', '--between', '1..100', '--json');
const half = best('pslist', '-f', 'snapshot:bench', '--between', '1..50', '--json');
const diff = best('diff', 'snapshot:bench@50', 'snapshot:bench@51', '--json');
say('pslist on the raw file (best of 5, whole process)', text(raw));
say('pslist on a stored snapshot', `${text(stored)}; ${(stored.cpu / raw.cpu).toFixed(2)} x processor`);
say('pslist --between 1..50', text(half));
say('pslist --between 1..100', `${text(between)}; ${(between.cpu / stored.cpu).toFixed(2)} x one snapshot`);
say('diff of two neighbours', text(diff));
rmSync(folder, { recursive: true, force: true });
