/**
 * `NAME@POINT`: picks a snapshot of a series by its number, a moment, or a tag. What a point may be is the table below.
 */
import { UsageError, UserError } from '../core/errors.js';
import type { ListedSnapshot, SnapshotStore } from './store.js';

interface PointKind {
  readonly pattern: RegExp;
  /** Picks one of the series, which is not empty and ordered by number; undefined when none fits. */
  pick(series: readonly ListedSnapshot[], match: RegExpExecArray): ListedSnapshot | undefined;
}

const NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
};

/** The newest snapshot at or before a moment: the machine as it was then, as far as it is known. */
function atOrBefore(
  series: readonly ListedSnapshot[],
  wanted: bigint,
  of: (each: ListedSnapshot) => bigint | undefined,
) {
  return series.findLast((each) => {
    const moment = of(each);
    return moment !== undefined && moment <= wanted;
  });
}

const POINTS: readonly PointKind[] = [
  { pattern: /^(\d+)$/, pick: (series, [, number]) => series.find((each) => each.number === Number(number)) },
  { pattern: /^(?:last)?$/, pick: (series) => series.at(-1) },
  { pattern: /^first$/, pick: (series) => series[0] },
  {
    pattern: /^t=(\d+)(?:\.(\d{1,9}))?(ns|us|ms|s|m)?$/,
    pick: (series, match) => atOrBefore(series, durationNs(match), (each) => each.moment.guestTimeNs),
  },
  {
    pattern: /^icount=(\d+)$/,
    pick: (series, [, count = '0']) => atOrBefore(series, BigInt(count), (each) => each.moment.icount),
  },
  {
    pattern: /^wall=(\S+)$/,
    pick: (series, [, text = '']) => atOrBefore(series, wallTimeNs(text), (each) => each.moment.wallTimeNs),
  },
  {
    pattern: /^([A-Za-z0-9][\w.-]*)$/,
    pick: (series, [, tag]) => series.find((each) => each.tags.includes(tag ?? '')),
  },
];

const POINT_HINT = 'write @3, @first, @last, @t=12.5s, @icount=1000000, @wall=2026-01-31T12:00:00Z or @TAG';

function durationNs([, whole = '0', fraction = '', unit = 's']: RegExpExecArray): bigint {
  const scale = NS[unit] ?? 1n;
  return BigInt(whole) * scale + (BigInt(fraction.padEnd(9, '0')) * scale) / 1_000_000_000n;
}

/** Nanoseconds since 1970 of an ISO 8601 time. @throws UsageError when it is none */
export function wallTimeNs(text: string): bigint {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) throw new UsageError(`'${text}' is not a time`, 'write 2026-01-31T12:00:00Z');
  return BigInt(milliseconds) * 1_000_000n;
}

/** `boot@t=3s` -> `boot` and `t=3s`; the point is empty when there is none. */
export function splitName(text: string): { readonly series: string; readonly point: string } {
  const at = text.indexOf('@');
  return at < 0 ? { series: text, point: '' } : { series: text.slice(0, at), point: text.slice(at + 1) };
}

/** The snapshot that `NAME@POINT` means; without a point the last one. @throws UserError when there is none */
export function selectSnapshot(store: SnapshotStore, text: string): ListedSnapshot {
  const { series, point } = splitName(text);
  if (point.includes('..')) {
    throw new UsageError(
      `'${text}' names several snapshots`,
      `one is meant here, or -f snapshot:${series} --between ${point}`,
    );
  }
  // The usual case needs no list: a manifest is read in a fraction of the time of a hundred.
  const direct = /^\d+$/.test(point) ? store.find(series, Number(point)) : undefined;
  return direct ?? pick(seriesOf(store, series), series, point);
}

/** The snapshots of `NAME@A..B` (both included; either may be left out), or of the whole series `NAME`. */
export function selectSnapshots(store: SnapshotStore, text: string): readonly ListedSnapshot[] {
  const { series, point } = splitName(text);
  const all = seriesOf(store, series);
  if (point === '') return all;
  const range = /^(.*?)\.\.(.*)$/.exec(point);
  if (range === null) return [pick(all, series, point)];
  const from = pick(all, series, range[1] || 'first').number;
  const to = pick(all, series, range[2] || 'last').number;
  if (from > to) {
    throw new UsageError(
      `${series}@${from} was taken after ${series}@${to}`,
      `write the earlier one first: ${to}..${from}`,
    );
  }
  return all.filter(({ number }) => number >= from && number <= to);
}

function seriesOf(store: SnapshotStore, series: string): readonly ListedSnapshot[] {
  const all = store.list(series);
  if (all.length > 0) return all;
  const others = store.series();
  const known = others.length === 0 ? 'the store is empty' : `there are ${others.join(', ')}`;
  throw new UserError(`there is no series '${series}' in ${store.folder}`, known);
}

function pick(all: readonly ListedSnapshot[], series: string, point: string): ListedSnapshot {
  for (const { pattern, pick } of POINTS) {
    const match = pattern.exec(point);
    if (match === null) continue;
    const found = pick(all, match);
    if (found !== undefined) return found;
    throw new UserError(`${series} has no snapshot @${point}`, `\`snapshot list ${series}\` shows what there is`);
  }
  throw new UsageError(`'@${point}' does not name a snapshot`, POINT_HINT);
}
