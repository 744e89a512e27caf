/** Live mode as a user calls it: guests, runs in front and behind. Wrong calls: live-refusals.test.ts. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeTinyGuest } from '../live/tiny-guest.js';
import { linuxGuest } from '../synthetic/linux-guest.js';
import { ensureBuilt, memlapse, type Run, scratch } from './run-cli.js';

// Many short processes: a busy machine takes its time for them.
vi.setConfig({ testTimeout: 180_000 });

const folder = scratch();
const store = join(folder, 'store');
let guest = '';

const call = (...args: string[]): Promise<Run> =>
  memlapse(folder, args, { MEMLAPSE_STORE: store, MEMLAPSE_GUESTS: join(folder, 'guests') });
const json = async (...args: string[]) =>
  JSON.parse((await call(...args, '--json')).stdout) as Record<string, unknown>[];

beforeAll(async () => {
  await ensureBuilt();
  guest = writeTinyGuest(join(folder, 'files'), linuxGuest(64));
}, 300_000);
afterAll(async () => {
  await call('live', 'stop', 'behind', '--discard');
  rmSync(folder, { recursive: true, force: true });
});

describe('guests', () => {
  test('are made of files, listed, shown and checked', async () => {
    const kernel = join(folder, 'files', 'kernel');
    const made = await call(
      'guest',
      'create',
      '--name',
      'mine',
      '--kernel',
      kernel,
      '--memory',
      '16M',
      '--append',
      'quiet',
    );
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(made.stdout.trim(), 'utf8'))).toEqual({
      name: 'mine',
      kernel,
      append: 'quiet',
      memory: 16 << 20,
      cpu: 64,
    });
    expect(await json('guest', 'list')).toMatchObject([{ name: 'mine', memory: 16 << 20, file: made.stdout.trim() }]);
    expect(await json('guest', 'show', 'mine')).toMatchObject([
      { name: 'mine', cpu: 'x86-64', kernel, append: 'quiet' },
    ]);
    expect(await json('guest', 'check', 'mine')).toEqual([
      { part: 'kernel', file: kernel, is: 'booted by PVH', problem: null },
    ]);
  });

  test('that cannot be booted are found out', async () => {
    const path = join(folder, 'broken.json');
    writeFileSync(
      path,
      JSON.stringify({ name: 'b', kernel: path, initrd: 'none', disks: [path], memory: 16 << 20, cpu: 64 }),
    );
    const { code, stdout } = await call('guest', 'check', path, '--json');
    const checks = JSON.parse(stdout) as { part: string; problem: string | null }[];
    expect([code, checks.map(({ part }) => part)]).toEqual([1, ['initrd', 'kernel', 'disk']]);
    expect(checks.every(({ problem }) => problem !== null)).toBe(true);
  });
});

describe('a run in front', () => {
  test('takes snapshots that every command reads, and goes on from them', async () => {
    const run = await call('live', 'run', guest, '--every', '20ms', '--for', '60ms', '--state-hash', '--json');
    expect(run.code).toBe(0);
    const rows = JSON.parse(run.stdout) as Record<string, unknown>[];
    expect(rows.map(({ number, guestTime, reason }) => [number, guestTime, reason])).toEqual([
      [1, '0.02s', 'every 20ms'],
      [2, '0.04s', 'every 20ms'],
      [3, '0.06s', 'every 20ms, end'],
    ]);
    const hash = /^memlapse: state (.*)$/m.exec(run.stderr)?.[1];
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    const again = await call('live', 'run', '--from', 'tiny@1', '--for', '40ms', '--at', '41ms', '--state-hash', '-q');
    expect(again.stderr).toBe(`memlapse: state ${hash}\n`);
    expect((await json('snapshot', 'list', 'tiny.1')).map(({ reason }) => reason)).toEqual(['at 41ms', 'end']);
    const processes = await json('pslist', '-f', 'snapshot:tiny@2');
    expect(processes.map(({ pid }) => pid)).toEqual([1, 2, 9, 100, 120, 4000]);
  });

  test('ends with the code of what went wrong', async () => {
    const script = join(folder, 'crash.txt');
    writeFileSync(script, 'expect ready\nsend !');
    const crash = await call('live', 'run', guest, '--name', 'crash', '--script', script, '--for', '1s');
    expect([crash.code, crash.stderr.trim().split('\n').at(-1)]).toEqual([1, 'memlapse: the run ended: triple-fault']);
    expect(await json('snapshot', 'list', 'crash')).toMatchObject([{ reason: 'triple-fault' }]);
  });
});

describe('a run behind', () => {
  test('is controlled from elsewhere, and analysed while it runs', async () => {
    const started = await call('live', 'start', guest, '--name', 'behind', '--wall', '10m', '--json');
    expect([started.code, started.stderr]).toEqual([0, '']);
    const [{ pid }] = JSON.parse(started.stdout) as [{ pid: number }];
    expect(statSync(join(store, 'live', 'behind.sock')).mode & 0o777).toBe(0o600);
    expect(await json('live', 'list')).toMatchObject([{ name: 'behind', pid }]);

    const second = await call('live', 'start', guest, '--name', 'behind');
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(/^memlapse: 'behind' runs already, as process \d+; [^\n]*\n$/);

    const watching = call('live', 'console', 'behind');
    expect((await call('live', 'send', 'behind', 'hello', '--raw')).code).toBe(0);
    expect(await json('live', 'snapshot', 'behind', '--tag', 'mine')).toMatchObject([
      { number: 1, reason: 'on demand', tags: ['mine'] },
    ]);
    expect((await call('live', 'pause', 'behind')).code).toBe(0);
    const before = await json('live', 'status', 'behind', '--state-hash');
    const processes = await json('pslist', '-f', 'live:behind');
    expect(processes.map(({ pid }) => pid)).toEqual([1, 2, 9, 100, 120, 4000]);
    // Looking changed nothing.
    expect(await json('live', 'status', 'behind', '--state-hash')).toEqual(before);
    expect(await json('live', 'resume', 'behind')).toMatchObject([{ state: 'running' }]);
    expect(await json('live', 'stop', 'behind')).toMatchObject([{ state: 'ended', snapshots: 2, missed: 0 }]);
    expect(await watching).toEqual({
      code: 0,
      stdout: 'ready\nhello',
      stderr: expect.stringContaining('memlapse: the run ended: stopped\n'),
    });
    expect(await json('live', 'list')).toEqual([]);
    expect(readFileSync(join(store, 'live', 'behind.log'), 'utf8')).toMatch(
      /^ready\nhello\n?memlapse: snapshot behind@1/,
    );
    expect((await call('pslist', '-f', 'live:behind')).stderr).toMatch(
      /^memlapse: no guest runs as 'behind'; [^\n]*\n$/,
    );
  });

  const start = async (name: string): Promise<number> => {
    const { stdout } = await call(
      'live',
      'start',
      guest,
      '--name',
      name,
      '--every',
      '10ms',
      '--speed',
      'max',
      '--json',
    );
    return (JSON.parse(stdout) as [{ pid: number }])[0].pid;
  };
  const ended = async () => {
    while ((await json('live', 'list')).length > 0);
  };

  test('ends in order at a signal', async () => {
    process.kill(await start('signal'), 'SIGTERM');
    await ended();
    expect((await json('snapshot', 'list', 'signal')).at(-1)?.reason).toContain('SIGTERM');
    expect(readFileSync(join(store, 'live', 'signal.log'), 'utf8')).toMatch(/memlapse: the run ended: SIGTERM\n$/);
    expect(readdirSync(join(store, 'live')).filter((file) => file.startsWith('signal'))).toEqual(['signal.log']);
  });

  test('that is killed loses the snapshot in the making, whenever it is', async () => {
    for (const delay of [0, 60, 170]) {
      const pid = await start('killed');
      await sleep(delay);
      process.kill(pid, 'SIGKILL');
      await ended();
    }
    // Socket and record of the last one are still there, and in nobody's way.
    expect((await call('live', 'status', 'killed')).stderr).toMatch(/^memlapse: no guest runs as 'killed'; /);
    expect((await call('live', 'run', guest, '--name', 'killed', '--for', '1ms', '-q')).code).toBe(0);
    expect(await call('snapshot', 'verify', 'killed')).toMatchObject({ code: 0, stdout: '' });
    const numbers = (await json('snapshot', 'list', 'killed')).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});
