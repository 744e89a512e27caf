/**
 * The independent check of rows over time and of comparisons: a guest of Debian's kernel runs in the emulator, does what
 * its script says, and prints what it sees of itself; its memory at the same moments has to say the same.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparedPlugins } from '../../src/analysis/changes/compared-plugins.js';
import { Image } from '../../src/analysis/image.js';
import { loadPlugin } from '../../src/analysis/registry.js';
import { SeriesRunner } from '../../src/analysis/series/series-runner.js';
import { hex } from '../../src/core/address.js';
import { convertImage } from '../../src/formats/convert-image.js';
import { openMemory } from '../../src/formats/open-image.js';
import type { DebianArchitecture } from '../../src/guests/debian-packages.js';
import { MachineMemory } from '../../src/live/machine-memory.js';
import { openStore, type SnapshotStore } from '../../src/snapshots/store.js';
import { importWhole } from '../snapshots/temporary-store.js';
import { bootEventGuest, guestParts } from './event-guest.js';
import { MOMENTS } from './event-script.js';
import {
  fullRun,
  type JudgedMoment,
  judgeCode,
  judgeComparison,
  judgedMoment,
  judgeRows,
  outcome,
} from './judge-moments.js';

const SERIES = 'events';
/** From power-on to the last moment, and for one test, on a machine with other work to do. */
const PATIENCE = 1_800_000;
const TEST_PATIENCE = 600_000;

/** Declares the tests; one boot serves them all. Skipped, with the reason, where Debian's packages cannot be had. */
export function watchEventGuest(architecture: DebianArchitecture): void {
  const parts = guestParts(architecture);
  if (typeof parts === 'string') {
    describe.skip(`a guest that does things (${architecture}: ${parts})`, () => test('is watched'));
    return;
  }
  describe(`a guest that does things, ${architecture}`, { timeout: TEST_PATIENCE }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'memlapse-events-'));
    const moments: JudgedMoment[] = [];
    let store: SnapshotStore;
    beforeAll(async () => {
      // A kernel that has to be searched for is found by megabytes, some of which always change.
      process.env.MEMLAPSE_CACHE = join(folder, 'cache');
      store = openStore(join(folder, 'store'), { create: true });
      const guest = await bootEventGuest(architecture, parts);
      for (let number = 1; number <= MOMENTS; number++) {
        const text = guest.next(number);
        importWhole(store, SERIES, new MachineMemory(guest.machine));
        moments.push(judgedMoment(store, SERIES, number, text));
      }
    }, PATIENCE);
    afterAll(async () => {
      for (const { image } of moments) image.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });

    judgeRows(() => moments);
    judgeComparison(() => moments);
    judgeCode(() => moments);

    test('there was something to tell, and a moment with nothing', () => {
      expect(moments.map(({ log }) => log.length)).toEqual([0, 8, 0, 0]);
    });

    test('results that are kept are those of full runs', async () => {
      const runner = new SeriesRunner();
      for (const plugin of await comparedPlugins('linux')) {
        for (const { image } of moments) {
          const kept = await outcome(() => runner.rows(plugin, image.name, image.memory));
          expect(kept, `${plugin.name} at ${image.name}`).toEqual(await fullRun(plugin, image));
        }
      }
      expect(runner.counts.kept).toBeGreaterThan(0);
    });

    test('an exported core has the same processes here, and opens in gdb', async () => {
      const { image } = moments[1] as JudgedMoment;
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
