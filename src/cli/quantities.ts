/** Spans of time and numbers of instructions as users write them: `2s`, `500ms`, `100Mi`. */
import { UsageError } from '../core/errors.js';

const TIMES: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9 };
const COUNTS: Readonly<Record<string, number>> = { i: 1, Ki: 1e3, Mi: 1e6, Gi: 1e9 };

export type Interval = { readonly everyTime: number } | { readonly everyInstructions: number };

/** Nanoseconds in `12.5s`. Throws `UsageError`. */
export function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m)$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) * (TIMES[match[2] ?? ''] ?? Number.NaN);
  if (!(value > 0)) throw new UsageError(`'${text}' is no span of time`, 'write 500ms, 2s or 1m');
  return Math.round(value);
}

/** `2s` of guest time or `100Mi` instructions. Throws `UsageError`. */
export function parseInterval(text: string): Interval {
  const match = /^(\d+(?:\.\d+)?)(i|Ki|Mi|Gi|ns|us|ms|s|m)$/.exec(text);
  const [number, unit] = [Number(match?.[1]), match?.[2] ?? ''];
  const nanoseconds = Math.round(number * (TIMES[unit] ?? Number.NaN));
  if (nanoseconds > 0) return { everyTime: nanoseconds };
  const instructions = Math.round(number * (COUNTS[unit] ?? Number.NaN));
  if (instructions > 0) return { everyInstructions: instructions };
  throw new UsageError(`'${text}' is neither a span of time nor a number of instructions`, 'write 2s or 100Mi');
}
