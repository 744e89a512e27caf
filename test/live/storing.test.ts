/** Runs whose snapshots are stored by a thread beside them: what is stored, full disks, deaths of thread and process. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadGuestFile } from '../../src/guests/guest-file.js';
import { livingRuns } from '../../src/live/control/run-folder.js';
import { LiveSession } from '../../src/live/live-session.js';
import type { Schedule } from '../../src/live/schedule.js';
import { type StartStoring, startThread, storeHere } from '../../src/live/storing.js';
import { openStore, type SnapshotStore } from '../../src/snapshots/store.js';
import { verifyStore } from '../../src/snapshots/verify-store.js';
import { pagesOf } from '../snapshots/temporary-store.js';
import { type Bundle, bundleFromSource } from '../support/bundle-from-source.js';
import { writeTinyGuest } from './tiny-guest.js';

const MS = 1e6;
let thread: Bundle;
beforeAll(async () => {
  thread = await bundleFromSource(new URL('../../src/live/storing-thread.ts', import.meta.url));
});
afterAll(() => thread.remove());
const inThread: StartStoring = (...args) => startThread(thread.file, ...args);
const EVERY: Schedule = {
  timed: [{ label: 'every', clock: 'time', every: 2 * MS }],
  events: [],
  end: { clock: 'time', after: 30 * MS },
};

const LONG: Schedule = { ...EVERY, end: { clock: 'time', after: 80 * MS } };

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-storing-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function record(
  folder: string,
  startStoring: StartStoring,
  schedule = EVERY,
  host: { snapshot?(number: number): void; remark?(text: string): void } = {},
) {
  const store = openStore(join(folder, 'store'), { create: true });
  onTestFinished(() => store.close());
  const remarks: string[] = [];
  const session = await LiveSession.open(
    store,
    { guest: await loadGuestFile(writeTinyGuest(join(folder, 'guest'))) },
    { series: 'tiny', schedule, speed: 'max' },
    {
      output: () => {},
      snapshot: ({ snapshot }) => host.snapshot?.(snapshot.number),
      remark: (text) => {
        // A busy machine makes snapshots slow.
        if (text.includes(' was slow: ')) return;
        remarks.push(text);
        host.remark?.(text);
      },
    },
    startStoring,
  );
  return { store, session, remarks };
}

/** What a series holds, but when it was written. */
function contents(store: SnapshotStore) {
  return store.list('tiny').map(({ number, moment: { wallTimeNs: _, ...moment }, pagesWritten, base }) => {
    const memory = store.openMemory('tiny', number);
    const pages = createHash('sha256').update(pagesOf(memory).join(), 'latin1').digest('hex');
    memory.close();
    // Not as bytes: equal numbers have several encodings.
    const machine = deserialize(store.state('tiny', number, 'machine')?.bytes ?? Buffer.alloc(0));
    return { number, moment, base, pagesWritten, machine, pages };
  });
}

describe('a run that is stored by a thread', () => {
  test('stores what is stored without one, and is the same machine', async () => {
    const folders = [temporary(), temporary()];
    const [there, here] = [await record(folders[0] as string, inThread), await record(folders[1] as string, storeHere)];
    const ends = await Promise.all([there.session.toEnd(), here.session.toEnd()]);
    expect(ends).toEqual([ends[1], { kind: 'reached', condition: 'time' }]);
    expect(there.session.run.counts).toEqual({ taken: 15, missed: 0 });
    const [a, b] = [contents(there.store), contents(here.store)];
    expect(a).toEqual(b);
    expect(there.session.stateHash()).toBe(here.session.stateHash());
    expect(verifyStore(there.store).damage).toEqual([]);
  });

  test('answers for a snapshot when it is stored', async () => {
    const { store, session } = await record(temporary(), inThread, { timed: [], events: [] });
    const ended = session.toEnd();
    const { snapshot } = await session.run.snapshot('asked', 'now');
    expect(store.get('tiny', snapshot.number)).toMatchObject({ moment: snapshot.moment, pagesNew: snapshot.pagesNew });
    store.tag('tiny', snapshot.number, 'here');
    session.run.stop('test', { snapshot: false });
    await ended;
    expect(store.list('tiny').map(({ number, tags }) => [number, tags])).toEqual([[1, ['here']]]);
  });

  test('lets old snapshots go', async () => {
    const { store, session, remarks } = await record(temporary(), inThread, { ...EVERY, keep: 3, keepEvery: 5 });
    await session.toEnd();
    expect(store.list('tiny').map(({ number }) => number)).toEqual([5, 10, 13, 14, 15]);
    expect([remarks, verifyStore(store).damage]).toEqual([[], []]);
  });

  test('misses what a full disk does not take, says so, and goes on when there is room', async ({ skip }) => {
    const folder = temporary();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    if (mounted.status !== 0) return skip('no small file system can be mounted here');
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    const filler = join(folder, 'filler');
    const { store, session, remarks } = await record(folder, inThread, LONG, {
      snapshot: (number) => {
        if (number === 3) spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
      },
      remark: () => rmSync(filler, { force: true }),
    });
    expect(await session.toEnd()).toMatchObject({ kind: 'reached' });
    // Those that were on their way behind it are lost with it.
    const { taken, missed } = session.run.counts;
    const full = `the snapshot for 'every' is missed: the store in ${store.folder}: the disk is full`;
    const behind = `the snapshot for 'every' is missed: the one before, to which it is the difference, is missed`;
    expect(remarks).toEqual([full, ...Array<string>(missed - 1).fill(behind)]);
    expect([taken + missed, missed <= 5]).toEqual([40, true]);
    const kept = contents(store);
    // The one behind the gap has all pages.
    expect(kept.filter(({ base }) => base === undefined).map(({ number }) => number)).toEqual([1, expect.any(Number)]);
    expect(kept.length).toBe(taken);
    expect(verifyStore(store).damage).toEqual([]);
  });

  test('ends with the error of a thread that dies, and gives its name back', async () => {
    const file = new URL('data:text/javascript,throw new Error("a thread has died")');
    const { store, session } = await record(temporary(), (...args) => startThread(file, ...args));
    await expect(session.toEnd()).rejects.toThrow('a thread has died');
    expect(livingRuns(store.folder)).toEqual([]);
  });
});

describe('a process that is killed while its thread stores', () => {
  test('loses the snapshot in the making and nothing else', async () => {
    const folder = temporary();
    const script = fileURLToPath(new URL('./recording-process.ts', import.meta.url));
    const guest = writeTinyGuest(join(folder, 'guest'));
    for (const delay of [0, 70, 190]) {
      const child = spawn(process.execPath, [
        '--import',
        'tsx',
        script,
        guest,
        join(folder, 'store'),
        thread.file.href,
      ]);
      onTestFinished(() => void child.kill('SIGKILL'));
      let said = '';
      child.stdout.on('data', (data: Buffer) => {
        said += data.toString();
      });
      while (!said.includes('\n') && child.exitCode === null) await new Promise((done) => setTimeout(done, 5));
      await new Promise((done) => setTimeout(done, delay));
      child.kill('SIGKILL');
      await once(child, 'close');
      const sure = Number(said.trim().split('\n').at(-1));
      const store = openStore(join(folder, 'store'));
      expect(verifyStore(store).damage).toEqual([]);
      const numbers = store.list('tiny').map(({ number }) => number);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      // Those that were on their way may have been stored, and it did not come to say so.
      expect(numbers.at(-1)).toBeGreaterThanOrEqual(sure);
      expect(numbers.at(-1)).toBeLessThanOrEqual(sure + 5);
      await store.close();
    }
  }, 120_000);
});
