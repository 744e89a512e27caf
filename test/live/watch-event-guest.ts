/**
 * The independent check of rows over time and of comparisons: a guest of Debian's kernel runs in the emulator, does what
 * its script says, and prints what it sees of itself; its memory at the same moments has to say the same.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareMembers } from '../../src/analysis/changes/compare-members.js';
import { comparedPlugins } from '../../src/analysis/changes/compared-plugins.js';
import { Image } from '../../src/analysis/image.js';
import type { Plugin } from '../../src/analysis/plugin.js';
import { loadPlugin } from '../../src/analysis/registry.js';
import { type MarkedRow, runPlugin } from '../../src/analysis/run-plugin.js';
import { type Member, ObjectSeries } from '../../src/analysis/series/object-series.js';
import { SeriesRunner } from '../../src/analysis/series/series-runner.js';
import { hex } from '../../src/core/address.js';
import { UserError } from '../../src/core/errors.js';
import { convertImage } from '../../src/formats/convert-image.js';
import { openMemory } from '../../src/formats/open-image.js';
import type { DebianArchitecture } from '../../src/guests/debian-packages.js';
import { MachineMemory } from '../../src/live/machine-memory.js';
import { openStore, type SnapshotStore } from '../../src/snapshots/store.js';
import { importWhole } from '../snapshots/temporary-store.js';
import { bootEventGuest, guestParts } from './event-guest.js';
import { untold } from './event-log.js';
import { MOMENTS } from './event-script.js';
import { type Kind, parseTruth, rowLines, type Truth } from './event-truth.js';
import { changeLine, truthChanges } from './truth-changes.js';

const KINDS: readonly Kind[] = ['pslist', 'modules', 'mounts', 'handles', 'maps', 'netstat', 'interfaces'];
const SERIES = 'events';
/** From power-on to the last moment, and for one test, on a machine with other work to do. */
const PATIENCE = 1_800_000;
const TEST_PATIENCE = 600_000;

/** The rows, or the one line why there are none. */
async function outcome(rows: () => AsyncIterable<MarkedRow> | Promise<readonly MarkedRow[]>) {
  try {
    const found: MarkedRow[] = [];
    for await (const row of await rows()) found.push(row);
    return found;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const fullRun = (plugin: Plugin, image: Image) => outcome(() => runPlugin(plugin, image));

/** Declares the tests; one boot serves them all. Skipped, with the reason, where Debian's packages cannot be had. */
export function watchEventGuest(architecture: DebianArchitecture): void {
  const parts = guestParts(architecture);
  if (typeof parts === 'string') {
    describe.skip(`a guest that does things (${architecture}: ${parts})`, () => test('is watched'));
    return;
  }
  describe(`a guest that does things, ${architecture}`, { timeout: TEST_PATIENCE }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'memlapse-events-'));
    const truths: Truth[] = [];
    const logs: (readonly string[])[] = [];
    const members: Member[] = [];
    const images: Image[] = [];
    let store: SnapshotStore;
    beforeAll(async () => {
      // A kernel that has to be searched for is found by megabytes, some of which always change.
      process.env.MEMLAPSE_CACHE = join(folder, 'cache');
      store = openStore(join(folder, 'store'), { create: true });
      const guest = await bootEventGuest(architecture, parts);
      for (let number = 1; number <= MOMENTS; number++) {
        const { log, text } = guest.next(number);
        logs.push(log);
        truths.push(parseTruth(text));
        importWhole(store, SERIES, new MachineMemory(guest.machine));
        const member = { name: `${SERIES}@${number}`, memory: store.openMemory(SERIES, number) };
        members.push(member);
        images.push(new Image(member.name, member.memory));
      }
    }, PATIENCE);
    afterAll(async () => {
      for (const { memory } of members) memory.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });

    test.each(KINDS)('%s says at every moment what the guest said', async (kind) => {
      const plugin = await loadPlugin({ folder: 'linux', name: kind });
      for (const [index, image] of images.entries()) {
        const rows = await fullRun(plugin, image);
        if (typeof rows === 'string') throw new Error(`${image.name}: ${rows}`);
        expect(rows.filter(({ partial }) => partial)).toEqual([]);
        const found = rowLines(
          kind,
          rows.map(({ row }) => row),
        );
        expect(found.sort(), image.name).toEqual([...(truths[index] as Truth).lines[kind]].sort());
      }
    });

    test('a comparison tells all that happened from moment to moment, and nothing else', async () => {
      const objects = await ObjectSeries.create(new SeriesRunner(), members[0] as Member);
      const plugins = await comparedPlugins('linux');
      const notes: string[] = [];
      for (let index = 1; index < MOMENTS; index++) {
        const [before, after] = [members[index - 1] as Member, members[index] as Member];
        const changes: string[] = [];
        const found = compareMembers(objects, plugins, before, after, {}, (text) => void notes.push(text));
        for await (const change of found) changes.push(changeLine(change));
        expect(changes.sort(), after.name).toEqual(truthChanges(truths[index - 1] as Truth, truths[index] as Truth));
        expect(untold(logs[index] as string[], changes)).toEqual([]);
      }
      expect(notes).toEqual([]);
      // The check is worth something: there was something to tell, and a moment with nothing.
      expect(logs.map(({ length }) => length)).toEqual([0, 8, 0, 0]);
    });

    test('results that are kept are those of full runs', async () => {
      const runner = new SeriesRunner();
      for (const plugin of await comparedPlugins('linux')) {
        for (const image of images) {
          const kept = await outcome(() => runner.rows(plugin, image.name, image.memory));
          expect(kept, `${plugin.name} at ${image.name}`).toEqual(await fullRun(plugin, image));
        }
      }
      expect(runner.counts.kept).toBeGreaterThan(0);
    });

    test('an exported core has the same processes here, and opens in gdb', async () => {
      const image = images[1] as Image;
      const { memory } = image;
      const path = join(folder, 'guest.core');
      await convertImage(memory, 'elf', path);
      const pslist = await loadPlugin({ folder: 'linux', name: 'pslist' });
      const core = await openMemory(path);
      expect(await fullRun(pslist, new Image('core', core))).toEqual(await fullRun(pslist, image));
      core.close();
      if (spawnSync('gdb', ['--version']).error !== undefined) return;
      const [{ rip } = {}] = memory.registers;
      const kernel = await image.requireLinux();
      const banner = kernel.space.translate(kernel.requireAddress('linux_banner'));
      if (banner.kind !== 'mapped' || rip === undefined) throw new Error('the guest has no banner');
      const commands = ['p/x $pc', `x/s ${hex(BigInt(banner.physical))}`].flatMap((each) => ['-ex', each]);
      const run = spawnSync('gdb', ['-nx', '-batch', '-c', path, ...commands], { encoding: 'utf8' });
      expect(run.stdout).toContain(`$1 = ${hex(rip)}`);
      expect(run.stdout).toContain(`"${kernel.profile.banner.slice(0, 60)}`);
    });
  });
}
