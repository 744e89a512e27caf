/**
 * When snapshots are taken, as data: rows over one of three clocks, and rows for what the guest does. A `Timetable`
 * says when the rows over clocks are due next; it runs nothing.
 */
import type { GuestEventName } from './events/guest-events.js';

/** Guest nanoseconds and instructions since power-on; milliseconds on the wall since the run began. */
export const CLOCKS = ['time', 'icount', 'wall'] as const;
export type ClockName = (typeof CLOCKS)[number];
export type Clocks = Readonly<Record<ClockName, number>>;

/** Due at multiples of `every`, or once at each point of `at`. */
export type TimedRow = { readonly label: string; readonly clock: ClockName } & (
  | { readonly every: number }
  | { readonly at: readonly number[] }
);

export interface EventRow {
  readonly label: string;
  readonly event: GuestEventName;
  /** Behind the colon: `console:TEXT`, `write:SYMBOL`. */
  readonly argument: string;
}

export interface Schedule {
  readonly timed: readonly TimedRow[];
  readonly events: readonly EventRow[];
  /** The run ends when a clock has gone on by so much. */
  readonly end?: { readonly clock: ClockName; readonly after: number } | undefined;
  /** Of the snapshots taken, how many of the newest stay; all unless told. */
  readonly keep?: number | undefined;
  /** Of the older ones, those whose number is a multiple of it stay too. */
  readonly keepEvery?: number | undefined;
}

/** What became due, and how often more it was due before anybody asked. */
export interface Due {
  readonly label: string;
  readonly missed: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** The first point of `row` after `value`. */
function nextPoint(row: TimedRow, value: number): number {
  if ('every' in row) return (Math.floor(value / row.every) + 1) * row.every;
  return Math.min(NEVER, ...row.at.filter((each) => each > value));
}

/** How many points of `row` lie in `from` < point <= `to`. */
function pointsBetween(row: TimedRow, from: number, to: number): number {
  if ('every' in row) return Math.floor(to / row.every) - Math.floor(from / row.every);
  return row.at.filter((each) => each > from && each <= to).length;
}

export class Timetable {
  readonly #rows: readonly { readonly row: TimedRow; last: number; due: number }[];

  /** @param now what the clocks show when the run begins: nothing before is due */
  constructor(rows: readonly TimedRow[], now: Clocks) {
    this.#rows = rows.map((row) => ({ row, last: now[row.clock], due: nextPoint(row, now[row.clock]) }));
  }

  /** Where `clock` must be stopped next; Infinity when it need not be. */
  next(clock: ClockName): number {
    return Math.min(NEVER, ...this.#rows.filter(({ row }) => row.clock === clock).map(({ due }) => due));
  }

  /** Takes what is due `now`; it is not due again before its next point. */
  take(now: Clocks): Due[] {
    const due: Due[] = [];
    for (const entry of this.#rows) {
      const value = now[entry.row.clock];
      if (value < entry.due) continue;
      due.push({ label: entry.row.label, missed: pointsBetween(entry.row, entry.last, value) - 1 });
      entry.last = value;
      entry.due = nextPoint(entry.row, value);
    }
    return due;
  }
}
