/** What stays in memory of each snapshot when many are open: it must not grow with the size of the guest, nor by their results. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { loadPlugin } from '../../src/analysis/registry.js';
import { SeriesRunner } from '../../src/analysis/series/series-runner.js';
import type { SnapshotStore } from '../../src/snapshots/store.js';
import { GuestEditor } from '../analysis/synthetic-moments.js';
import { bufferMemory } from '../profiles/buffer-memory.js';
import { importWhole, noise, PAGE, temporaryStore } from './temporary-store.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function memoryInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect();
    // What only finalizers hold is given back after a turn.
    await new Promise((done) => setTimeout(done, 1));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Snapshots of a guest of 1 GiB, whose page table takes 16 KiB, that differ in a page. */
function fill(store: SnapshotStore, count: number, frames: readonly number[]): void {
  const memory = { format: 'test', registers: [], ranges: [{ start: 0, end: 2 ** 30 }] };
  for (let number = 1; number <= count; number++) {
    const writer = store.beginSnapshot('a', memory, number === 1 ? {} : { base: number - 1 });
    for (const frame of frames) writer.putPage(frame, noise(PAGE, number * 1000 + frame));
    writer.commit({ wallTimeNs: BigInt(number) });
  }
}

test('of a snapshot that is open and was read from, a few kilobytes stay', async () => {
  const store = temporaryStore();
  const frames = [5, 2 ** 18 - 5];
  const few = 20;
  const many = 220;
  fill(store, many, frames);
  const read = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => {
      const memory = store.openMemory('a', from + index + 1);
      for (const frame of frames) expect(memory.page(frame)?.length).toBe(PAGE);
      return memory;
    });
  // Caches that have bounds of their own are full when it counts.
  const first = read(0, few);
  const before = await memoryInUse();
  const rest = read(few, many);
  const each = ((await memoryInUse()) - before) / (many - few);
  // The packs of two pages, 8 KiB, are in a cache whose bound they do not reach here.
  expect(each - 2 * PAGE).toBeLessThan(6 * 1024);
  // They are read again from where they were.
  for (const [index, memory] of [...first, ...rest].entries()) {
    expect(Buffer.from(memory.page(5)!).equals(noise(PAGE, (index + 1) * 1000 + 5))).toBe(true);
    memory.close();
  }
});

test('results of earlier snapshots are let go', async () => {
  const store = temporaryStore();
  const guest = await GuestEditor.open();
  const count = 12;
  for (let number = 1; number <= count; number++) {
    guest.rename(4000, `name-${number}`);
    importWhole(store, 'a', bufferMemory(guest.bytes));
  }
  const plugin = await loadPlugin({ folder: 'linux', name: 'pslist' });
  const runner = new SeriesRunner({ cache: false });
  const results: WeakRef<object>[] = [];
  for (let number = 1; number <= count; number++) {
    const rows = await runner.rows(plugin, `a@${number}`, store.openMemory('a', number));
    expect(rows.map(({ row }) => row.name)).toContain(`name-${number}`);
    results.push(new WeakRef(rows));
  }
  await memoryInUse();
  // The last one is kept for the next snapshot, and a frame of ours may still know another.
  expect(results.filter((each) => each.deref() !== undefined).length).toBeLessThanOrEqual(2);
  expect(runner.counts).toEqual({ run: count, kept: 0 });
});
