/**
 * The MC146818's time-of-day bytes and seconds since 1970, both ways. The century byte (32h) is the PC's convention
 * and the one that the FADT announces.
 *
 * No notion of time zones or of how fast time goes.
 */

/** Register numbers of the calendar (MC146818 data sheet, figure 10). */
export const CALENDAR = {
  seconds: 0,
  minutes: 2,
  hours: 4,
  weekday: 6,
  day: 7,
  month: 8,
  year: 9,
  century: 0x32,
} as const;

/** How the bytes are written: register B bits 2 (binary) and 1 (24 hours). */
export interface Encoding {
  readonly binary: boolean;
  readonly hours24: boolean;
}

const PM = 0x80;

const encode = (value: number, binary: boolean): number =>
  binary ? value : (Math.floor(value / 10) << 4) | (value % 10);
const decode = (value: number, binary: boolean): number => (binary ? value : (value >> 4) * 10 + (value & 15));

export function encodeHour(hour: number, { binary, hours24 }: Encoding): number {
  if (hours24) return encode(hour, binary);
  return encode(hour % 12 === 0 ? 12 : hour % 12, binary) | (hour >= 12 ? PM : 0);
}

function decodeHour(value: number, { binary, hours24 }: Encoding): number {
  if (hours24) return decode(value, binary);
  return (decode(value & ~PM, binary) % 12) + ((value & PM) !== 0 ? 12 : 0);
}

/** The calendar bytes of `seconds` since 1970, by register number. */
export function calendarBytes(seconds: number, encoding: Encoding): ReadonlyMap<number, number> {
  const date = new Date(seconds * 1000);
  const put = (value: number): number => encode(value, encoding.binary);
  return new Map([
    [CALENDAR.seconds, put(date.getUTCSeconds())],
    [CALENDAR.minutes, put(date.getUTCMinutes())],
    [CALENDAR.hours, encodeHour(date.getUTCHours(), encoding)],
    [CALENDAR.weekday, put(date.getUTCDay() + 1)],
    [CALENDAR.day, put(date.getUTCDate())],
    [CALENDAR.month, put(date.getUTCMonth() + 1)],
    [CALENDAR.year, put(date.getUTCFullYear() % 100)],
    [CALENDAR.century, put(Math.floor(date.getUTCFullYear() / 100))],
  ]);
}

/** Seconds since 1970 of the bytes that `register` gives; nonsense dates roll over as `Date.UTC` has it. */
export function secondsOfCalendar(register: (index: number) => number, encoding: Encoding): number {
  const get = (index: number): number => decode(register(index), encoding.binary);
  const year = get(CALENDAR.century) * 100 + get(CALENDAR.year);
  const hour = decodeHour(register(CALENDAR.hours), encoding);
  const time = Date.UTC(
    year,
    get(CALENDAR.month) - 1,
    get(CALENDAR.day),
    hour,
    get(CALENDAR.minutes),
    get(CALENDAR.seconds),
  );
  return Math.floor(time / 1000);
}
