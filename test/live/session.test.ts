/** Runs of a small guest: schedules, script, orders through the socket, resuming. In this process. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { parseSerialScript } from '../../src/emulator-host/serial-script.js';
import { loadGuestFile } from '../../src/guests/guest-file.js';
import { ControlClient } from '../../src/live/control/control-client.js';
import { livingRuns, runPaths } from '../../src/live/control/run-folder.js';
import type { RunOptions } from '../../src/live/guest-run.js';
import { type GuestSource, LiveSession } from '../../src/live/live-session.js';
import type { Schedule } from '../../src/live/schedule.js';
import { openStore, type SnapshotStore } from '../../src/snapshots/store.js';
import { verifyStore } from '../../src/snapshots/verify-store.js';
import { TICK_NS, TICKS, writeTinyGuest } from './tiny-guest.js';

const MS = 1e6;
const NOTHING: Schedule = { timed: [], events: [] };
const every = (time: number): Schedule['timed'][number] => ({ label: 'every', clock: 'time', every: time });
const lasting = (time: number): Pick<Schedule, 'end'> => ({ end: { clock: 'time', after: time } });

/** A folder with a guest and a store. */
async function bench(folderName = 'store') {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-live-'));
  const store = openStore(join(folder, folderName), { create: true });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const guest = await loadGuestFile(writeTinyGuest(folder));
  const open = async (source: GuestSource, options: Partial<RunOptions> = {}) => {
    const said = { console: '', remarks: [] as string[], taken: [] as [string, number | undefined][] };
    const session = await LiveSession.open(
      store,
      source,
      { series: 'tiny', schedule: NOTHING, speed: 'max', ...options },
      {
        output: (bytes) => {
          said.console += Buffer.from(bytes).toString('latin1');
        },
        snapshot: ({ snapshot }) =>
          void said.taken.push([snapshot.moment.reason ?? '', Number(snapshot.moment.guestTimeNs)]),
        remark: (text) => void said.remarks.push(text),
      },
    );
    return { session, said };
  };
  return { folder, store, guest, open };
}

function ticks(store: SnapshotStore, series: string, number: number): number {
  const memory = store.openMemory(series, number);
  const bytes = Buffer.alloc(4);
  memory.read(TICKS, bytes);
  memory.close();
  return bytes.readUInt32LE();
}

describe('a run', () => {
  test('takes snapshots when they are due, and one at the end', async () => {
    const { store, guest, open } = await bench();
    const { session, said } = await open(
      { guest },
      {
        schedule: {
          timed: [every(20 * MS), { label: 'at', clock: 'time', at: [30 * MS] }],
          events: [],
          ...lasting(50 * MS),
        },
      },
    );
    expect(await session.toEnd()).toEqual({ kind: 'reached', condition: 'time' });
    expect(said.taken).toEqual([
      ['every', 20 * MS],
      ['at', 30 * MS],
      ['every', 40 * MS],
      ['end', 50 * MS],
    ]);
    // The guest's own counter says that these are the moments; it starts when the guest has programmed its timer.
    for (const { number, moment } of store.list('tiny')) {
      const expected = Number(moment.guestTimeNs) / TICK_NS;
      expect(Math.abs(ticks(store, 'tiny', number) - expected)).toBeLessThan(1.05);
    }
    expect(verifyStore(store).damage).toEqual([]);
    expect([said.console, said.remarks, livingRuns(store.folder)]).toEqual(['ready\n', [], []]);
  });

  test('types what its script says and notices what is printed', async () => {
    const { guest, open } = await bench();
    const { session, said } = await open(
      { guest },
      {
        script: parseSerialScript('expect ready\nsend abc\nexpect c\nsend q'),
        schedule: {
          timed: [],
          events: [{ label: 'on console:b', event: 'console', argument: 'b' }],
          ...lasting(100 * MS),
        },
      },
    );
    expect(await session.toEnd()).toEqual({ kind: 'exit', code: 0 });
    expect(said.console).toBe('ready\nabcq');
    expect(said.taken.map(([reason]) => reason)).toEqual(['on console:b', 'exit 0']);
  });

  test('keeps to the clock on the wall when it is told to, and is the same machine', async () => {
    const { guest, open } = await bench();
    const run = async (series: string, speed: RunOptions['speed']) => {
      const { session } = await open({ guest }, { series, speed, schedule: { ...NOTHING, ...lasting(150 * MS) } });
      await session.toEnd();
      return session;
    };
    const paced = await run('paced', 'real');
    expect(paced.status().wallTime).toBeGreaterThanOrEqual(150);
    expect(paced.stateHash()).toBe((await run('free', 'max')).stateHash());
  });

  test('lets a guest sleep for longer than it may be late, and wakes it for keys and orders at their moment', async () => {
    const { folder, open } = await bench();
    // The longest period of the timer but one: 65535 of 1.193182 MHz.
    const guest = await loadGuestFile(writeTinyGuest(join(folder, 'sleeper'), undefined, 0xffff));
    const { session, said } = await open(
      { guest },
      { speed: 'real', interactive: true, schedule: { ...NOTHING, ...lasting(400 * MS) } },
    );
    const running = session.toEnd();
    const look = () => session.run.standingStill(() => session.status());
    let [before, now] = [await look(), await look()];
    // Asked while it sleeps, it is where the clock is and not where it fell asleep.
    while (now.instructions !== before.instructions || now.guestTime === before.guestTime) {
      await setTimeout(5);
      [before, now] = [now, await look()];
    }
    expect(now.guestTime - before.guestTime).toBeLessThan(55 * MS);
    session.run.type(Buffer.from('k'));
    expect(await running).toEqual({ kind: 'reached', condition: 'time' });
    expect(said.console).toBe('ready\nk');
  });

  test('says what its script still waits for', async () => {
    const { guest, open } = await bench();
    const script = parseSerialScript('expect login:');
    const { session } = await open({ guest }, { script, schedule: { ...NOTHING, ...lasting(5 * MS) } });
    expect(await session.toEnd()).toEqual({ kind: 'script', waitingFor: 'login:' });
  });

  test('keeps the newest snapshots, each so-many-th, and those with a tag', async () => {
    const { store, guest, open } = await bench();
    const { session, said } = await open(
      { guest },
      { schedule: { timed: [every(2 * MS)], events: [], keep: 3, keepEvery: 5, ...lasting(40 * MS) } },
    );
    const running = session.toEnd();
    const { snapshot } = await session.run.snapshot('now');
    store.tag('tiny', snapshot.number, 'mine');
    await running;
    const kept = store.list('tiny');
    const numbers = kept.map(({ number }) => number);
    const last = said.taken.length;
    expect(numbers.filter((number) => number > last - 3)).toEqual([last - 2, last - 1, last]);
    expect(
      kept
        .filter(({ number }) => number <= last - 3)
        .every(({ number, tags }) => number % 5 === 0 || tags.includes('mine')),
    ).toBe(true);
    expect(kept.flatMap(({ tags }) => tags)).toEqual(['mine']);
    expect(verifyStore(store).damage).toEqual([]);
  });

  test('goes on when the store fails, and says so', async () => {
    const { store, guest, open } = await bench();
    const { session, said } = await open(
      { guest },
      { schedule: { timed: [every(10 * MS)], events: [], ...lasting(40 * MS) } },
    );
    const begin = store.beginSnapshot.bind(store);
    let calls = 0;
    store.beginSnapshot = (...args) => {
      if (++calls === 2) throw new UserError('the disk is full');
      return begin(...args);
    };
    expect(await session.toEnd()).toMatchObject({ kind: 'reached' });
    // On a busy machine a snapshot can be slow, which is said, too.
    const missed = said.remarks.filter((remark) => !remark.includes(' was slow: '));
    expect(missed).toEqual(["the snapshot for 'every' is missed: the disk is full"]);
    expect(session.run.counts).toEqual({ taken: 3, missed: 1 });
    // The one after a failure is whole: it does not count on pages that were lost with it.
    expect(store.list('tiny').map(({ number, base }) => [number, base])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 2],
    ]);
    expect(ticks(store, 'tiny', 2) - ticks(store, 'tiny', 1)).toBe(20);
  });
});

describe('two continuations of one snapshot', () => {
  test('with the same input are the same machine, and the one that was left', async () => {
    const { store, guest, open } = await bench();
    const script = parseSerialScript('expect ready\nsend one');
    const first = await open(
      { guest },
      { script, schedule: { timed: [every(13 * MS)], events: [], ...lasting(60 * MS) } },
    );
    await first.session.toEnd();
    const hashes: string[] = [];
    // One is stopped often, the other is not: that must not show.
    for (const [series, timed] of [
      ['a', [every(1.7 * MS)]],
      ['b', []],
    ] as const) {
      const { session, said } = await open(
        { series: 'tiny', number: 3 },
        { series, schedule: { timed, events: [], ...lasting(21 * MS) } },
      );
      await session.toEnd();
      expect(said.taken.at(-1)).toEqual(['end', 60 * MS]);
      hashes.push(session.stateHash());
    }
    expect(hashes).toEqual([first.session.stateHash(), first.session.stateHash()]);
    expect(store.list('b').map(({ base, number }) => [number, base])).toEqual([[1, undefined]]);
  });

  test('with another input is another machine', async () => {
    const { guest, open } = await bench();
    const first = await open({ guest }, { schedule: { ...NOTHING, ...lasting(10 * MS) } });
    await first.session.toEnd();
    const hashes = new Set<string>();
    for (const text of ['x1', 'x1', 'y1']) {
      const { session } = await open(
        { series: 'tiny', number: 1 },
        { series: 'next', schedule: { ...NOTHING, ...lasting(10 * MS) } },
      );
      session.run.type(Buffer.from(text.slice(1)));
      if (text.startsWith('y')) session.run.type(Buffer.from('2'));
      await session.toEnd();
      hashes.add(session.stateHash());
    }
    expect(hashes.size).toBe(2);
  });

  test('is refused when there is no machine to go on', async () => {
    const { store, open } = await bench();
    const writer = store.beginSnapshot('dump', { format: 'raw', ranges: [{ start: 0, end: 4096 }], registers: [] });
    writer.commit({ wallTimeNs: 0n });
    await expect(open({ series: 'dump', number: 1 })).rejects.toThrow(/dump@1 holds no machine that can run on/);
    expect(livingRuns(store.folder)).toEqual([]);
  });
});

describe('the socket', () => {
  /** A guest that runs until it is stopped, and a client of it. */
  async function controlled(folderName?: string) {
    const all = await bench(folderName);
    const { session, said } = await all.open({ guest: all.guest }, { speed: 'real', interactive: true });
    const ended = session.toEnd();
    const client = await ControlClient.connect(all.store.folder, 'tiny');
    onTestFinished(async () => {
      session.run.stop('test');
      await ended;
      client.close();
    });
    return { ...all, session, said, ended, client };
  }

  test('carries out what is asked', async () => {
    const { store, client, ended, said } = await controlled();
    expect(statSync(runPaths(store.folder, 'tiny').socket).mode & 0o777).toBe(0o600);
    const status = await client.request('status', {});
    expect(status).toMatchObject({ name: 'tiny', guest: 'tiny', pid: process.pid, state: 'running', missed: 0 });
    const printed: string[] = [];
    client.onEvent((event) => {
      if (event.event === 'console') printed.push(Buffer.from(event.data, 'base64').toString());
    });
    const recent = await client.request('console', {});
    await client.request('send', { data: Buffer.from('hi').toString('base64') });
    for (let tries = 0; tries < 200 && !printed.join('').includes('hi'); tries++) await client.request('status', {});
    expect(Buffer.from(recent.data, 'base64').toString() + printed.join('')).toBe('ready\nhi');
    const taken = await client.request('snapshot', { label: 'now', tag: 'here' });
    expect(store.list('tiny')).toMatchObject([{ number: taken.number, moment: { label: 'now' }, tags: ['here'] }]);
    const paused = await client.request('pause', {});
    expect(paused.state).toBe('paused');
    const { stateHash, instructions } = await client.request('status', { stateHash: true });
    expect([instructions, stateHash]).toEqual([paused.instructions, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect((await client.request('status', { stateHash: true })).stateHash).toBe(stateHash);
    expect((await client.request('resume', {})).state).toBe('running');
    const last = await client.request('stop', {});
    expect(await ended).toEqual({ kind: 'stopped', by: 'stopped' });
    expect(said.taken.map(([reason]) => reason)).toEqual(['on demand', 'stopped']);
    expect([last.snapshots, existsSync(runPaths(store.folder, 'tiny').socket)]).toEqual([2, false]);
  });

  test('answers nonsense and lives on', async () => {
    const { store, client } = await controlled();
    const answers = (line: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(runPaths(store.folder, 'tiny').socket, () => socket.write(line));
        let text = '';
        socket.on('data', (data) => {
          text += data.toString();
          if (text.endsWith('\n')) socket.end();
        });
        socket.on('close', () => resolve(text.trim()));
      });
    expect(JSON.parse(await answers('{"id":7,"do":"dance"}\n'))).toMatchObject({
      id: 7,
      error: "there is no request 'dance'",
    });
    expect(JSON.parse(await answers('{"id":8,"do":"send","data":5}\n'))).toMatchObject({
      error: 'send: data must be a string',
    });
    expect(JSON.parse(await answers('{"id":9,"do":"__proto__"}\n'))).toMatchObject({ id: 9 });
    expect(JSON.parse(await answers('what?\n'))).toEqual({ id: 0, error: 'a line is no JSON' });
    expect(JSON.parse(await answers('x'.repeat(2 << 20)))).toEqual({ id: 0, error: 'a line is too long' });
    expect((await client.request('status', {})).state).toBe('running');
  });

  test('is found below a folder with a long name', async () => {
    const { client } = await controlled('a'.repeat(120));
    expect((await client.request('status', {})).state).toBe('running');
  });

  test('belongs to one run at a time', async () => {
    const { store, open, guest } = await controlled();
    await expect(open({ guest })).rejects.toThrow(`'tiny' runs already, as process ${process.pid}`);
    await expect(ControlClient.connect(store.folder, 'other')).rejects.toThrow("no guest runs as 'other'");
  });

  test('of a process that has died is swept', async () => {
    const { store, open, guest } = await bench();
    await (await open({ guest }, { schedule: { ...NOTHING, ...lasting(MS) } })).session.toEnd();
    const paths = runPaths(store.folder, 'tiny');
    writeFileSync(
      paths.record,
      JSON.stringify({ pid: process.pid, started: '1', name: 'tiny', guest: 'tiny', since: '' }),
    );
    writeFileSync(paths.socket, '');
    expect(livingRuns(store.folder)).toEqual([]);
    await expect(ControlClient.connect(store.folder, 'tiny')).rejects.toThrow("no guest runs as 'tiny'");
    const { session } = await open({ guest }, { schedule: { ...NOTHING, ...lasting(MS) } });
    expect(await session.toEnd()).toMatchObject({ kind: 'reached' });
  });
});
