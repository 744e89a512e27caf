/**
 * What asking a stored series costs: `npx tsx bench/stored-series.ts STORE SERIES`, or the second half of
 * `snapshots.ts`. Whole processes, the best of several runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore } from '../src/snapshots/store.js';
import { type Measured, measureOnce } from './measure.js';

const RUNS = 5;
const CLI = fileURLToPath(new URL('../bin/run.js', import.meta.url));

export const row = (...cells: string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
export const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

const text = ({ wall, cpu, rss }: Measured) =>
  `${milliseconds(wall * 1000)}, ${milliseconds(cpu * 1000)} processor, ${rss.toFixed(0)} MiB`;
const times = (a: Measured, b: Measured) => `${(a.cpu / b.cpu).toFixed(2)} x`;

/** Prints a row a question. `count`: how many snapshots the series has at least, numbered from 1. */
export function measureSeries(store: string, series: string, count: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-bench-'));
  const command = (args: readonly string[]) => ({
    argv: [process.execPath, CLI, ...args, '--store', store],
    env: { MEMLAPSE_CACHE: join(folder, 'cache') },
  });
  /** The best of each, run in turn, so that all meet the same machine. */
  const best = <N extends string>(questions: Readonly<Record<N, readonly string[]>>): Record<N, Measured> => {
    const names = Object.keys(questions) as N[];
    const runs = Array.from({ length: RUNS }, () => names.map((name) => measureOnce(command(questions[name]))));
    const least = (index: number, of: (each: Measured) => number) =>
      Math.min(...runs.map((run) => of(run[index] as Measured)));
    const entries = names.map((name, index) => {
      const measured = { wall: least(index, ({ wall }) => wall), cpu: least(index, ({ cpu }) => cpu) };
      return [name, { ...measured, rss: least(index, ({ rss }) => rss) }] as const;
    });
    return Object.fromEntries(entries) as Record<N, Measured>;
  };
  const middle = Math.floor(count / 2);
  const at = (number: number) => `snapshot:${series}@${number}`;
  const raw = join(folder, 'memory.raw');
  try {
    measureOnce(command(['snapshot', 'export', `${series}@${middle}`, raw]));
    // So that the kernel is known, as it is from the second question on.
    for (const source of [raw, at(middle)]) measureOnce(command(['pslist', '-f', source]));
    const between = (to: number) => ['pslist', '-f', `snapshot:${series}`, '--between', `1..${to}`, '--json'];
    const { file, stored, few, all, diff } = best({
      file: ['pslist', '-f', raw, '--json'],
      stored: ['pslist', '-f', at(middle), '--json'],
      few: between(10),
      all: between(count),
      diff: ['diff', at(middle), at(middle + 1), '--json'],
    });
    row('pslist on the raw file', text(file), '');
    row('pslist on the stored snapshot', `${text(stored)}: ${times(stored, file)}`, '1.2 x');
    row('pslist --between 1..10', text(few), '');
    row(`pslist --between 1..${count}`, `${text(all)}: ${times(all, stored)}`, '5 x one');
    row('diff of two neighbours', text(diff), '1 s');
    const timeline = measureOnce(command(['timeline', '-f', `snapshot:${series}`, '--json']));
    row('timeline of the whole series', text(timeline), '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [, script, store, series] = process.argv;
if (script === fileURLToPath(import.meta.url) && store !== undefined && series !== undefined) {
  const opened = openStore(store);
  const count = opened.list(series).length;
  await opened.close();
  measureSeries(store, series, count);
}
