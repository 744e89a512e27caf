/**
 * The demonstration: boots a Debian guest in the emulator, looks into it at two moments, hides a process and finds it.
 *
 * A tour, not a feature: everything it does is done by commands too.
 */
import type { Image } from '../analysis/image.js';
import type { Plugin } from '../analysis/plugin.js';
import { runPlugin } from '../analysis/run-plugin.js';
import type { Columns, Row } from '../core/columns.js';
import { UserError } from '../core/errors.js';
import { createDebianGuest } from '../guests/create-debian-guest.js';
import type { DebianArchitecture } from '../guests/debian-packages.js';
import { DEMO_MOMENTS } from '../guests/demo-init.js';
import { loadGuestFile } from '../guests/guest-file.js';
import { hideProcess } from './hide-process.js';
import { LiveGuest } from './live-guest.js';

/** How the tour is shown: headings, remarks and results. */
export interface DemoStage {
  heading(text: string): void;
  note(text: string): void;
  /** Shows rows of a plugin, of which only `columns` are interesting. */
  show(plugin: Plugin, columns: readonly string[], rows: readonly Row<Columns>[]): Promise<void>;
  /** Finds a plugin by its name. */
  plugin(name: string): Promise<Plugin>;
}

interface Scene {
  readonly plugin: string;
  readonly columns: readonly string[];
  /** Rows that tell the story; all of them unless told. */
  readonly only?: (row: Row) => boolean;
}

const SCENES: readonly Scene[] = [
  {
    plugin: 'pslist',
    columns: ['pid', 'ppid', 'name', 'state', 'threads', 'createTime'],
    only: (row) => row.kernelThread !== true,
  },
  { plugin: 'modules', columns: ['name', 'base', 'size', 'state'] },
  {
    plugin: 'handles',
    columns: ['pid', 'process', 'handle', 'type', 'name', 'details'],
    only: (row) => typeof row.handle === 'number' && row.handle > 2,
  },
];

const SUSPICIONS: readonly Scene[] = [
  { plugin: 'malfind', columns: ['pid', 'process', 'start', 'protection', 'reasons'] },
  {
    plugin: 'psxview',
    columns: ['pid', 'name', 'taskList', 'pidMap', 'slab', 'suspicious'],
    only: (row) => row.suspicious === true,
  },
];

/** Gives the tour. Throws `UserError` when the guest cannot be made or does not get to its moments. */
export async function demo(architecture: DebianArchitecture, stage: DemoStage): Promise<void> {
  const path = createDebianGuest(architecture, (text) => stage.note(text));
  stage.note(`the guest is ${path}`);
  const guest = await loadGuestFile(path);
  const live = await LiveGuest.boot(guest, () => {});
  const started = performance.now();
  const before = new Map<string, ReadonlySet<string>>();
  for (const number of [1, 2]) {
    reach(live, number);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    stage.heading(`moment ${number}: ${DEMO_MOMENTS[number - 1]}`);
    stage.note(
      `${live.machine.icount} instructions, ${(live.machine.time / 1e9).toFixed(2)} s of guest time, ${seconds} s here`,
    );
    const image = live.image();
    for (const scene of SCENES) before.set(scene.plugin, await play(scene, image, stage, before.get(scene.plugin)));
  }
  stage.heading('a process hides: two pointers in the kernel are changed, as a rootkit would');
  const kernel = await live.image().requireLinux();
  const victim = await pidOf(live.image(), 'nc', stage);
  hideProcess(live.machine, kernel, victim);
  reach(live, 3);
  stage.note(
    `process ${victim} runs on, and pslist has it no more: ${await count(live.image(), 'pslist', victim, stage)} rows`,
  );
  const image = live.image();
  for (const scene of SUSPICIONS) await play(scene, image, stage);
}

function reach(live: LiveGuest, moment: number): void {
  const outcome = live.run({ text: { port: 0, text: `=MOMENT ${moment}=` } });
  if (outcome.kind !== 'reached') {
    throw new UserError(
      `the guest ended (${outcome.kind}) before its moment ${moment}`,
      'remove the guest and try again',
    );
  }
}

/** Shows one result, new rows first named; returns the rows' fingerprints for the next moment. */
async function play(
  scene: Scene,
  image: Image,
  stage: DemoStage,
  known?: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const plugin = await stage.plugin(scene.plugin);
  const rows = (await rowsOf(plugin, image)).filter(scene.only ?? (() => true));
  await stage.show(plugin, scene.columns, rows);
  const prints = new Set(rows.map((row) => fingerprint(scene, row)));
  if (known !== undefined) {
    const appeared = [...prints].filter((print) => !known.has(print));
    const vanished = [...known].filter((print) => !prints.has(print));
    for (const print of appeared) stage.note(`+ ${print}`);
    for (const print of vanished) stage.note(`- ${print}`);
  }
  return prints;
}

function fingerprint({ columns }: Scene, row: Row): string {
  return columns
    .filter((name) => name !== 'state')
    .map((name) => row[name])
    .filter((value) => value !== undefined && typeof value !== 'bigint')
    .join(' ');
}

async function rowsOf(plugin: Plugin, image: Image): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { row } of runPlugin(plugin, image)) rows.push(row);
  return rows;
}

async function pidOf(image: Image, name: string, stage: DemoStage): Promise<number> {
  const row = (await rowsOf(await stage.plugin('pslist'), image)).find((each) => each.name === name);
  if (typeof row?.pid !== 'number') throw new UserError(`the guest runs no ${name}`, 'remove the guest and try again');
  return row.pid;
}

async function count(image: Image, plugin: string, pid: number, stage: DemoStage): Promise<number> {
  return (await rowsOf(await stage.plugin(plugin), image)).filter((row) => row.pid === pid).length;
}
