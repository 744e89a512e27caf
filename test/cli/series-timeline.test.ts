/**
 * The timeline of a series, and the formats it is written in for other tools: what each of them asks of its input is
 * checked on every line.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SeriesRunner } from '../../src/analysis/series/series-runner.js';
import { compareSources } from '../../src/cli/compare-sources.js';
import { seriesTimeline } from '../../src/cli/series-timeline.js';
import type { Row } from '../../src/core/columns.js';
import { openSeries } from '../../src/open/open-series.js';
import { RENDERERS, type RendererName } from '../../src/report/renderers/index.js';
import { openStore } from '../../src/snapshots/store.js';
import { GuestEditor } from '../analysis/synthetic-moments.js';
import { bufferMemory } from '../profiles/buffer-memory.js';
import { importWhole } from '../snapshots/temporary-store.js';
import { GUEST } from '../synthetic/guest-truth.js';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-timeline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A second apart: before there is a kernel, then as it is, then with a process of another name, then without it. */
async function recorded() {
  const first = await GuestEditor.open();
  const second = (await GuestEditor.open(first.bytes)).rename(100, 'renamed');
  const third = (await GuestEditor.open(second.bytes)).unlink(100);
  const store = openStore(folder, { create: true });
  const moments = [Buffer.alloc(first.bytes.length), first.bytes, second.bytes, third.bytes];
  moments.forEach((bytes, index) => {
    const second = BigInt(index + 1) * 1_000_000_000n;
    importWhole(store, 'boot', bufferMemory(bytes), { wallTimeNs: 1_700_000_000_000_000_000n, guestTimeNs: second });
  });
  await store.close();
  return openSeries('boot', { store: folder });
}

describe('the timeline of a series', async () => {
  const members = await recorded();
  afterAll(() => {
    for (const { memory } of members) memory.close();
  });
  const notes: string[] = [];
  const runner = new SeriesRunner({ cache: false });
  const result = seriesTimeline(members, ['processes'], runner, (text) => void notes.push(text));
  const rows: Row[] = [];
  for await (const { row } of result.rows) rows.push(row);

  const rendered = async (name: RendererName) => {
    const { columns, timeline, lifetime } = result;
    const renderer = (await RENDERERS[name]())({
      ...{ name: 'timeline', columns, allColumns: columns, source: 'boot', timeline, lifetime },
    });
    const body = rows.map((row) => renderer.row({ row, partial: false })).join('');
    return renderer.begin() + body + (await renderer.end());
  };

  test('keeps apart what was observed, what follows and what the kernel recorded', () => {
    const seconds = (value: unknown) => (typeof value === 'bigint' ? Number(value) / 1e9 : undefined);
    expect(
      rows.map((row) => [
        ...[row.object, row.life, row.firstSeen, row.lastSeen],
        ...[row.firstSeenAt, row.lastSeenAt, row.beganAfter, row.endedBefore].map(seconds),
      ]),
    ).toEqual([
      ['init (pid 1)', '·███', 2, 4, 2, 4, 1, undefined],
      ['kthreadd (pid 2)', '·███', 2, 4, 2, 4, 1, undefined],
      ['kworker/0:1 (pid 9)', '·███', 2, 4, 2, 4, 1, undefined],
      ['renamed (pid 100)', '·██·', 2, 3, 2, 3, 1, 4],
      ['grüße (pid 120)', '·███', 2, 4, 2, 4, 1, undefined],
      ['vim (pid 4000)', '·███', 2, 4, 2, 4, 1, undefined],
    ]);
    expect(rows.every(({ began }) => typeof began === 'bigint')).toBe(true);
  });

  test('says which moments have no kernel', () => {
    expect(notes).toEqual([expect.stringMatching(/^snapshot:boot@1 is left out: no kernel was found/)]);
  });

  test('opens in Perfetto: a lane with a name for each bar, times in microseconds', async () => {
    // "Trace Event Format": every event has a phase; X events have ts and dur, M events name a process or a thread.
    const trace = JSON.parse(await rendered('chrome-trace'));
    expect(Object.keys(trace).sort()).toEqual(['displayTimeUnit', 'traceEvents']);
    const events = trace.traceEvents as Record<string, unknown>[];
    const named = new Set<string>();
    for (const { ph, name, pid, tid, args } of events) {
      if (ph !== 'M') continue;
      expect(['process_name', 'thread_name']).toContain(name);
      expect(args).toEqual({ name: expect.any(String) });
      named.add(name === 'process_name' ? `${pid}` : `${pid}/${tid}`);
    }
    const bars = events.filter(({ ph }) => ph === 'X');
    expect(events.every(({ ph }) => ph === 'M' || ph === 'X')).toBe(true);
    expect(bars.length).toBe(rows.length);
    for (const { ts, dur, pid, tid, name, cat } of bars) {
      expect([typeof name, typeof cat, Number.isInteger(pid), Number.isInteger(tid)]).toEqual([
        ...['string', 'string', true, true],
      ]);
      expect(named.has(`${pid}`) && named.has(`${pid}/${tid}`)).toBe(true);
      expect(Number.isFinite(ts) && (dur as number) >= 0).toBe(true);
    }
    const gone = bars.find(({ name }) => name === 'renamed (pid 100)');
    // From the first moment with it to the first one without it, two seconds later, on the guest's own calendar: its clock
    // is an hour after its boot at the first of the moments that have one, and does not go on.
    expect([gone?.ts, gone?.dur]).toEqual([(GUEST.booted + 3600) * 1e6, 2_000_000]);
  });

  test('is what Timesketch imports: a message, a time and what it is, in every line', async () => {
    const lines = (await rendered('timesketch')).trimEnd().split('\n');
    const kinds = new Set<string>();
    for (const line of lines) {
      const entry = JSON.parse(line);
      expect([typeof entry.message, Number.isNaN(Date.parse(entry.datetime))]).toEqual(['string', false]);
      kinds.add(entry.timestamp_desc);
    }
    expect(lines.length).toBe(rows.length * 3);
    expect(kinds).toEqual(new Set(['began (kernel record)', 'first seen', 'last seen']));
  });

  test('is what mactime reads: eleven fields, times in whole seconds', async () => {
    const lines = (await rendered('bodyfile')).trimEnd().split('\n');
    expect(lines.length).toBe(rows.length * 3);
    for (const line of lines) expect(line).toMatch(/^0\|[^|]+\|0\|-{15}\|0\|0\|0\|\d+\|\d+\|\d+\|\d+$/);
  });

  test('has a comparison beside it that leaves out what cannot be compared', async () => {
    const said: string[] = [];
    const request = { everything: false, memory: false, bytes: false, cache: false, only: ['processes'] };
    const changes: unknown[] = [];
    for await (const { row } of compareSources(members, { ...request, note: (text) => void said.push(text) })) {
      changes.push([row.to, row.change, row.object]);
    }
    expect(changes).toEqual([
      ['snapshot:boot@3', 'changed', 'sh (pid 100)'],
      ['snapshot:boot@4', 'vanished', 'renamed (pid 100)'],
    ]);
    expect(said).toEqual(notes);
  });
});
