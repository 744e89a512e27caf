/** When rows of a schedule are due, and what the flags mean. */
import { describe, expect, test } from 'vitest';
import { scheduleOf } from '../../src/cli/live-flags.js';
import { type TimedRow, Timetable } from '../../src/live/schedule.js';

const at = (time: number, icount = time, wall = 0) => ({ time, icount, wall });

/** Runs guest time from stop to stop; returns when something was due and what. */
function dues(rows: readonly TimedRow[], begin: number, end: number) {
  const table = new Timetable(rows, at(begin));
  const seen: [number, string[]][] = [];
  for (;;) {
    const next = Math.min(table.next('time'), table.next('icount'));
    if (next > end) return seen;
    seen.push([next, table.take(at(next)).map(({ label }) => label)]);
  }
}

describe('a timetable', () => {
  const rows: TimedRow[] = [
    { label: 'a', clock: 'time', every: 20 },
    { label: 'b', clock: 'icount', every: 30 },
    { label: 'c', clock: 'time', at: [45, 7, 60] },
  ];

  test('joins what is due at one moment', () => {
    expect(dues(rows, 0, 80)).toEqual([
      [7, ['c']],
      [20, ['a']],
      [30, ['b']],
      [40, ['a']],
      [45, ['c']],
      [60, ['a', 'b', 'c']],
      [80, ['a']],
    ]);
  });

  test('keeps to its points wherever it begins', () => {
    expect(dues(rows, 40, 60)).toEqual([
      [45, ['c']],
      [60, ['a', 'b', 'c']],
    ]);
  });

  test('counts the points that went by', () => {
    const table = new Timetable([{ label: 'w', clock: 'wall', every: 100 }], at(0));
    expect(table.take({ time: 0, icount: 0, wall: 99 })).toEqual([]);
    expect(table.take({ time: 0, icount: 0, wall: 350 })).toEqual([{ label: 'w', missed: 2 }]);
    expect(table.next('wall')).toBe(400);
  });
});

describe('the flags', () => {
  test('make rows, and every second when they say nothing', () => {
    expect(scheduleOf({}).timed).toEqual([{ label: 'every 1s', clock: 'time', every: 1e9 }]);
    expect(
      scheduleOf({ every: ['2s', '100Mi'], at: ['5s', '1.5Gi'], wall: ['30s'], on: ['console:a:b'], for: '1m' }),
    ).toEqual({
      timed: [
        { label: 'every 2s', clock: 'time', every: 2e9 },
        { label: 'every 100Mi', clock: 'icount', every: 100e6 },
        { label: 'at 5s', clock: 'time', at: [5e9] },
        { label: 'at 1.5Gi', clock: 'icount', at: [1.5e9] },
        { label: 'wall 30s', clock: 'wall', every: 30_000 },
      ],
      events: [{ label: 'on console:a:b', event: 'console', argument: 'a:b' }],
      end: { clock: 'time', after: 60e9 },
      keep: undefined,
      keepEvery: undefined,
    });
    expect(scheduleOf({ on: ['console:x'] }).timed).toEqual([]);
  });

  test.each([
    [{ every: ['soon'] }, /'soon' is neither a span of time nor a number of instructions/],
    [{ every: ['0i'] }, /'0i' is neither a span of time nor a number of instructions/],
    [{ wall: ['5Mi'] }, /'5Mi' is no span of time/],
    [{ on: ['console'] }, /the event console takes a TEXT behind a colon/],
    [{ on: ['fork'] }, /there is no event 'fork'/],
  ])('%j are refused', (flags, message) => {
    expect(() => scheduleOf(flags)).toThrow(message);
  });
});
