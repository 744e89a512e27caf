/**
 * The Debian demonstration guest, run to its first moment once, and from there on several times: what is noticed of it is
 * held against its script, and runs that are watched against one that is not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Image } from '../../src/analysis/image.js';
import modules from '../../src/analysis/linux/modules.js';
import pslist from '../../src/analysis/linux/pslist.js';
import psxview from '../../src/analysis/linux/psxview.js';
import type { Plugin } from '../../src/analysis/plugin.js';
import { runPlugin, SILENT_IO } from '../../src/analysis/run-plugin.js';
import type { Row } from '../../src/core/columns.js';
import { UserError } from '../../src/core/errors.js';
import { createDebianGuest } from '../../src/guests/create-debian-guest.js';
import type { DebianArchitecture } from '../../src/guests/debian-packages.js';
import { loadGuestFile } from '../../src/guests/guest-file.js';
import type { GuestEventName } from '../../src/live/events/guest-events.js';
import { type GuestSource, LiveSession } from '../../src/live/live-session.js';
import type { EventRow, Schedule } from '../../src/live/schedule.js';
import type { SnapshotInfo } from '../../src/snapshots/manifest.js';
import { openStore } from '../../src/snapshots/store.js';

const on = (event: GuestEventName, argument = ''): EventRow => ({ label: event, event, argument });

/** Programs that end between the first moment and the second, by the guest's script, in order. */
const ENDS = ['sleep', 'cp', 'sleep', 'rm', 'cat', 'insmod', 'sleep', 'sleep'];
/** Who begins: each is a fork of the script's shell. */
const BEGINS = ['sleep', 'cp', '.updater', 'sleep', 'rm', 'cat', 'insmod', 'sleep', 'sleep'];

/** A boot and four short runs, on a machine with other work to do. */
const PATIENCE = 900_000;

/** The guest file; a text when Debian's packages cannot be had here. */
function guestOrReason(architecture: DebianArchitecture): { readonly path: string } | string {
  try {
    return { path: createDebianGuest(architecture, () => {}) };
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

export function watchDemoGuest(architecture: DebianArchitecture): void {
  const guest = guestOrReason(architecture);
  const reason = typeof guest === 'string' ? ` (skipped: ${guest})` : '';
  describe.skipIf(typeof guest === 'string')(`the Debian guest for ${architecture}${reason}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'memlapse-demo-'));
    const store = openStore(folder, { create: true });
    afterAll(async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Runs on to the end, or to a text on the console. */
    async function run(source: GuestSource, series: string, schedule: Partial<Schedule>, until?: string) {
      const taken: SnapshotInfo[] = [];
      const remarks: string[] = [];
      let printed = '';
      const watched = until === undefined ? [] : [{ label: 'until', event: 'console', argument: until } as const];
      const session = await LiveSession.open(
        store,
        source,
        {
          series,
          speed: 'max',
          schedule: { timed: [], ...schedule, events: [...(schedule.events ?? []), ...watched] },
        },
        {
          // The guest stands still behind the text that is watched for: what is due is still taken.
          output: (bytes) => {
            printed += Buffer.from(bytes).toString('latin1');
            if (until !== undefined && printed.includes(until)) session.run.stop('there', { snapshot: false });
          },
          snapshot: ({ snapshot }) => void taken.push(snapshot),
          remark: (text) => void remarks.push(text),
        },
      );
      const end = await session.toEnd();
      return { end, taken, remarks, hash: session.stateHash() };
    }

    async function rows(series: string, number: number, plugin: unknown): Promise<Row[]> {
      const image = new Image(`${series}@${number}`, store.openMemory(series, number), { cache: false });
      const found: Row[] = [];
      for await (const { row } of runPlugin(plugin as Plugin, image, {} as never, SILENT_IO)) found.push(row);
      image.close();
      return found;
    }

    const nameOf = (label: string | undefined) => /^(.*) \(pid \d+\)$/.exec(label ?? '')?.[1];
    const pidOf = (label: string | undefined) => Number(/\(pid (\d+)\)$/.exec(label ?? '')?.[1]);

    test(
      'is noticed in what it does, and does the same whether it is watched or not',
      async () => {
        const { path } = guest as { path: string };
        await run({ guest: await loadGuestFile(path) }, 'boot', {}, '=MOMENT 1=');
        const from = { series: 'boot', number: 1 };
        const events = [on('process-create'), on('process-exit'), on('module-load'), on('exec-of-written-page')];
        const watched = await run(from, 'watched', { events }, '=MOMENT 2=');
        expect(watched.remarks.filter((text) => !/^what the kernel does is watched|was slow:/.test(text))).toEqual([]);
        const of = (event: GuestEventName) => watched.taken.filter(({ moment }) => moment.reason === event);

        const ends = of('process-exit');
        expect(ends.map(({ moment }) => nameOf(moment.label))).toEqual(ENDS);
        const begins = of('process-create').filter(({ moment }) => !moment.label?.startsWith('kworker'));
        // The program is not there yet: a new process has its parent's name.
        expect(begins.map(({ moment }) => nameOf(moment.label))).toEqual(BEGINS.map(() => 'init'));
        for (const [snapshots, count] of [
          [begins, 1],
          [ends, 1],
        ] as const) {
          for (const { number, moment } of snapshots.slice(0, 3)) {
            const pid = pidOf(moment.label);
            expect((await rows('watched', number, pslist)).filter((row) => row.pid === pid)).toHaveLength(count);
            const before = number === 1 ? await rows('boot', 1, pslist) : await rows('watched', number - 1, pslist);
            expect(before.some((row) => row.pid === pid)).toBe(snapshots === ends);
          }
        }

        const loads = of('module-load');
        expect(loads.map(({ moment }) => moment.label)).toEqual(['dummy']);
        expect(await rows('watched', loads[0]?.number ?? 0, modules)).toMatchObject([
          { name: 'dummy', state: 'Loading' },
        ]);

        // Only the program that writes code and calls it.
        expect(of('exec-of-written-page')).toHaveLength(1);

        const alone = await run(from, 'alone', {}, '=MOMENT 3=');
        const resumed = await run(
          { series: 'watched', number: watched.taken.at(-1)?.number ?? 0 },
          'rest',
          {},
          '=MOMENT 3=',
        );
        expect(resumed.hash).toBe(alone.hash);
        expect(alone.remarks.filter((text) => !text.includes('was slow:'))).toEqual([
          expect.stringMatching(/^nc \(pid \d+\) is taken off the kernel's task list/),
        ]);
        const hidden = (await rows('alone', 1, psxview)).filter((row) => row.suspicious === true);
        expect(hidden).toMatchObject([{ name: 'nc', taskList: false, pidMap: true }]);
      },
      PATIENCE,
    );
  });
}
