/** The commands over a series, as a user calls them: import, list, --between, diff, timeline, verify. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GuestEditor } from '../analysis/synthetic-moments.js';

const CLI = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'memlapse-series-'));

function memlapse(...args: string[]) {
  const env = { ...process.env, MEMLAPSE_STORE: join(folder, 'store'), MEMLAPSE_CACHE: join(folder, 'cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

const json = (...args: string[]) => JSON.parse(memlapse(...args, '--json').stdout) as Record<string, unknown>[];

beforeAll(async () => {
  const first = await GuestEditor.open();
  const second = (await GuestEditor.open(first.bytes)).rename(4000, 'emacs');
  const third = (await GuestEditor.open(second.bytes)).unlink(120);
  const files = [first, second, third].map(({ bytes }, index) => {
    const path = join(folder, `${index + 1}.raw`);
    writeFileSync(path, bytes);
    return path;
  });
  expect(memlapse('snapshot', 'import', ...files, '--name', 'guest', '-q')).toMatchObject({ status: 0, stderr: '' });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a series on the command line', () => {
  test('is listed, and every snapshot is whole', () => {
    expect(json('snapshot', 'list').map(({ series, number, label }) => [series, number, label])).toEqual([
      ['guest', 1, '1.raw'],
      ['guest', 2, '2.raw'],
      ['guest', 3, '3.raw'],
    ]);
    expect(memlapse('snapshot', 'verify')).toMatchObject({ status: 0, stdout: '' });
    const counted = (...args: string[]) => /\d+ snapshots?,/.exec(memlapse('snapshot', 'verify', ...args).stderr)?.[0];
    expect([counted(), counted('guest'), counted('guest@2..3'), counted('guest@1')]).toEqual([
      '3 snapshots,',
      '3 snapshots,',
      '2 snapshots,',
      '1 snapshot,',
    ]);
  });

  test('answers at any moment as the file does', () => {
    expect(json('pslist', '-f', 'snapshot:guest@2')).toEqual(json('pslist', '-f', join(folder, '2.raw')));
    expect(json('pslist', 'snapshot:guest').some(({ pid }) => pid === 120)).toBe(false);
  });

  test('tells when each process was first and last seen', () => {
    const rows = json('pslist', '-f', 'snapshot:guest', '--between', '1..3');
    expect(rows.map(({ pid, name, firstSeen, lastSeen }) => [pid, name, firstSeen, lastSeen])).toEqual([
      [1, 'init', 1, 3],
      [2, 'kthreadd', 1, 3],
      [9, 'kworker/0:1', 1, 3],
      [100, 'sh', 1, 3],
      [120, 'grüße', 1, 2],
      [4000, 'emacs', 1, 3],
    ]);
  });

  test('is compared step by step, with an exit code on request', () => {
    const rows = json('diff', '--series', 'guest', '--only', 'processes');
    expect(
      rows.map(({ to, change, object, field, before, after }) => [to, change, object, field, before, after]),
    ).toEqual([
      ['snapshot:guest@2', 'changed', 'vim (pid 4000)', 'name', 'vim', 'emacs'],
      ['snapshot:guest@3', 'vanished', 'grüße (pid 120)', null, null, null],
    ]);
    expect(memlapse('diff', 'snapshot:guest@1', 'snapshot:guest@2', '--exit-code').status).toBe(1);
    expect(memlapse('diff', 'snapshot:guest@2', join(folder, '2.raw'), '--exit-code')).toMatchObject({ status: 0 });
  });

  test('has a timeline that keeps what was seen apart from what follows', () => {
    const rows = json('timeline', '-f', 'snapshot:guest', '--sources', 'processes');
    const gone = rows.find(({ object }) => object === 'grüße (pid 120)');
    const moments = json('snapshot', 'list').map(({ wallTime }) => wallTime);
    expect(gone).toMatchObject({
      firstSeen: 1,
      lastSeen: 2,
      life: '██·',
      lastSeenAt: moments[1],
      beganAfter: null,
      endedBefore: moments[2],
      began: '2026-01-01T00:00:12Z',
    });
    const trace = JSON.parse(
      memlapse('timeline', 'snapshot:guest', '--sources', 'processes', '-r', 'chrome-trace').stdout,
    );
    const bars = trace.traceEvents.filter(({ ph }: { ph: string }) => ph === 'X');
    expect(bars.map(({ name }: { name: string }) => name)).toEqual(rows.map(({ object }) => object));
  });

  test('says in one line what it cannot do', () => {
    const line = (...args: string[]) => memlapse(...args).stderr.trim();
    expect(line('pslist', '-f', 'snapshot:guest@9')).toMatch(/^memlapse: guest has no snapshot @9; [^\n]*$/);
    expect(line('diff', 'snapshot:guest@1')).toMatch(/^memlapse: two sources are needed; [^\n]*$/);
    expect(line('info', '-f', 'snapshot:guest', '--between', '1..2')).toMatch(/^memlapse: info has no objects [^\n]*$/);
  });
});
