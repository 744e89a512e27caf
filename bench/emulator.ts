/**
 * `npm run bench:emulator`: the emulator beside QEMU (TCG) and v86 on the same guest files, in turn: boots to init, the
 * guest's own benchmark line by line, and what saving a state costs. memlapse is measured with the code that earlier boots of
 * the same kernel generated, and without.
 *
 * GUESTS names a folder with `guest-amd64` and `guest-686`, in each `vmlinuz` and `initrd.gz`; their init takes
 * `bootonly` and `bench=N` on the command line and prints `BENCH name check seconds`. SCALE is N (1 unless told), RUNS
 * how often each boot is run (1; the median counts). Peers that are not installed are left out, and that is said.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMULATORS, type Emulator, type GuestFiles, unpackKernel } from './emulators.js';
import { benchTimes } from './line-times.js';
import { type Command, type Measured, measureInTurn, measureOnce } from './measure.js';
import { measureSaving } from './saved-state.js';

const RUNS = Number(process.env.RUNS ?? 1);
const SCALE = process.env.SCALE ?? '1';
const { GUESTS } = process.env;
const row = (...cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);
const append = (what: string): string => `console=ttyS0 panic=-1 ${what}`;

interface Contest {
  readonly name: string;
  readonly guest: GuestFiles;
  readonly emulators: readonly Emulator[];
  readonly folder: string;
}

/** How each emulator runs the guest, after its runs to warm up. */
function commands({ guest, emulators, folder }: Contest, what: string): Command[] {
  return emulators.map((one) => {
    const command = one.command(guest, append(what), folder);
    for (let i = 0; i < (one.warmUps ?? 0); i++) measureOnce(command);
    return command;
  });
}

if (GUESTS === undefined || !existsSync(GUESTS)) {
  console.log('GUESTS names no folder with guests to measure.');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-bench-'));
  try {
    await bench(GUESTS, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bench(guests: string, folder: string): Promise<void> {
  console.log(
    `${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}, scale ${SCALE}, median of ${RUNS}\n`,
  );
  const files = (name: string): GuestFiles => ({
    kernel: join(guests, `guest-${name}`, 'vmlinuz'),
    initrd: join(guests, `guest-${name}`, 'initrd.gz'),
    bits: name === 'amd64' ? 64 : 32,
    boot: name === 'amd64' ? 'pvh' : 'linux',
  });
  const amd64 = { ...files('amd64'), kernel: await unpackKernel(files('amd64').kernel, folder) };
  const i386 = files('686');
  const present = EMULATORS.filter((one) => {
    const missing = one.missing();
    if (missing !== undefined) console.log(`${one.name} is left out: ${missing}.`);
    return missing === undefined;
  });
  const wide = present.filter(({ name }) => name !== 'v86');
  boots({ name: 'amd64, vmlinux by PVH, boot to init', guest: amd64, emulators: wide, folder });
  boots({ name: 'i386, bzImage, boot to init', guest: i386, emulators: present, folder });
  await benchmark({ name: `amd64, bench=${SCALE}`, guest: amd64, emulators: wide, folder });
  await benchmark({ name: `i386, bench=${SCALE}`, guest: i386, emulators: present, folder });
  console.log('\nSaving the state of the amd64 guest at its shell, 256 MiB\n');
  row('what', 'measured', 'pages');
  row('---', '---:', '---:');
  for (const { what, seconds, pages } of await measureSaving(amd64)) {
    row(what, `${(seconds * 1000).toFixed(1)} ms`, `${pages}`);
  }
}

/** A table with our values, those of the peers, and the ratios of ours to each. */
function table({ name, emulators }: Contest): (label: string, values: readonly (number | undefined)[]) => void {
  console.log(`\n${name}\n`);
  row('', ...emulators.map((one) => one.name), ...emulators.slice(1).map((one) => `ours / ${one.name}`));
  row('---', ...emulators.map(() => '---:'), ...emulators.slice(1).map(() => '---:'));
  return (label, values) => {
    const [own] = values;
    const ratio = (value: number | undefined): string =>
      own === undefined || value === undefined ? '' : (own / value).toFixed(2);
    row(label, ...values.map((value) => value?.toFixed(2) ?? ''), ...values.slice(1).map(ratio));
  };
}

/** From nothing to power-off, the whole process. */
function boots(contest: Contest): void {
  const measured = measureInTurn(commands(contest, 'bootonly'), RUNS);
  const line = table(contest);
  const figure = (pick: (one: Measured) => number): number[] => measured.map(pick);
  line(
    'wall s',
    figure(({ wall }) => wall),
  );
  line(
    'cpu s',
    figure(({ cpu }) => cpu),
  );
  line(
    'RSS MiB',
    figure(({ rss }) => rss),
  );
}

/** Processor seconds of each part of the guest's benchmark. */
async function benchmark(contest: Contest): Promise<void> {
  const times: Map<string, number>[] = [];
  for (const command of commands(contest, `bench=${SCALE}`)) times.push(await benchTimes(command));
  const line = table(contest);
  for (const test of times[0]?.keys() ?? [])
    line(
      test,
      times.map((one) => one.get(test)),
    );
  line(
    'total',
    times.map((one) => [...one.values()].reduce((sum, value) => sum + value, 0)),
  );
}
