/**
 * `node --import tsx bench/events.ts KERNEL INITRD [INSTRUCTIONS]`: what observing a booting guest costs. Each
 * subscription boots the same guest in a process of its own, in turn with one that observes nothing; user time of the
 * run counts, ratios are of the medians. RUNS says how often (3 unless told).
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SUBSCRIPTIONS } from './event-subscriptions.js';

const [kernel, initrd, instructions = '400000000'] = process.argv.slice(2);
const RUNS = Number(process.env.RUNS ?? 3);

interface Run {
  readonly seconds: number;
  readonly events: number;
  readonly hash: string;
}

function run(name: string): Run {
  const argv = ['--import', 'tsx', join(import.meta.dirname, 'events-run.ts')];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...argv, kernel as string, initrd as string, instructions, name],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.slice(-500)}`);
  return JSON.parse(stdout) as Run;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

if (kernel === undefined || initrd === undefined) {
  console.log('usage: node --import tsx bench/events.ts KERNEL INITRD [INSTRUCTIONS]');
  process.exitCode = 2;
} else {
  console.log(`${Number(instructions) / 1e6} M instructions of a boot, median of ${RUNS} runs\n`);
  console.log('| observed | events | user s | of nothing | state |\n| --- | ---: | ---: | ---: | --- |');
  const runs = new Map<string, Run[]>();
  for (let i = 0; i < RUNS; i++) {
    for (const name of Object.keys(SUBSCRIPTIONS)) runs.set(name, [...(runs.get(name) ?? []), run(name)]);
  }
  const nothing = runs.get('nothing') as Run[];
  const yardstick = median(nothing.map(({ seconds }) => seconds));
  for (const [name, all] of runs) {
    const seconds = median(all.map((one) => one.seconds));
    const same = all.every(({ hash }) => hash === nothing[0]?.hash) ? 'same' : 'DIFFERENT';
    console.log(
      `| ${name} | ${all[0]?.events} | ${seconds.toFixed(2)} | ${(seconds / yardstick).toFixed(2)} | ${same} |`,
    );
  }
}
