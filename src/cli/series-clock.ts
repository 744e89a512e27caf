/**
 * One clock for all members of a series: guest time where the machine had one, the time on the wall for dumps made
 * elsewhere. As a point of the calendar it counts from the first member.
 */
import { type Column, column } from '../core/columns.js';
import type { SeriesMember } from '../open/open-series.js';

export interface SeriesClock {
  /** Column for moments of this clock. */
  column(summary: string): Column;
  /** The moment of member `index` in that column; undefined outside the series. */
  at(index: number): bigint | undefined;
  /** The same moment in nanoseconds since 1970. */
  calendar(index: number): bigint | undefined;
}

export function seriesClock(members: readonly SeriesMember[]): SeriesClock {
  const moments = members.map(({ moment }) => moment);
  const [first] = moments;
  const isGuestTime = moments.every(({ guestTimeNs }) => guestTimeNs !== undefined);
  const start = (first?.wallTimeNs ?? 0n) - (first?.guestTimeNs ?? 0n);
  return {
    column: (summary) => (isGuestTime ? column.duration(summary) : column.time(summary)),
    at: (index) => (isGuestTime ? moments[index]?.guestTimeNs : moments[index]?.wallTimeNs),
    calendar: (index) => {
      const moment = moments[index];
      if (moment === undefined) return undefined;
      return isGuestTime ? start + (moment.guestTimeNs ?? 0n) : moment.wallTimeNs;
    },
  };
}
