/**
 * One clock for all members of a series: guest time where the machine had one, the time on the wall for dumps made
 * elsewhere. On the calendar guest time stands where the guest's own clock had it, beside what its kernel recorded; where no
 * kernel tells, it counts from the first member's time on the wall.
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
  /** Tells what the guest's clock said at member `index`; undefined when it has no kernel or no clock. */
  guestClock(index: number, wallTimeNs: bigint | undefined): void;
}

export function seriesClock(members: readonly SeriesMember[]): SeriesClock {
  const moments = members.map(({ moment }) => moment);
  const [first] = moments;
  const isGuestTime = moments.every(({ guestTimeNs }) => guestTimeNs !== undefined);
  let start = (first?.wallTimeNs ?? 0n) - (first?.guestTimeNs ?? 0n);
  let isTold = false;
  return {
    guestClock: (index, wallTimeNs) => {
      const guestTime = moments[index]?.guestTimeNs;
      if (wallTimeNs === undefined || guestTime === undefined) return;
      // A clock that stands is read since its last tick, so that the one that is farthest ahead is right.
      const told = wallTimeNs - guestTime;
      if (!isTold || told > start) start = told;
      isTold = true;
    },
    column: (summary) => (isGuestTime ? column.duration(summary) : column.time(summary)),
    at: (index) => (isGuestTime ? moments[index]?.guestTimeNs : moments[index]?.wallTimeNs),
    calendar: (index) => {
      const moment = moments[index];
      if (moment === undefined) return undefined;
      return isGuestTime ? start + (moment.guestTimeNs ?? 0n) : moment.wallTimeNs;
    },
  };
}
