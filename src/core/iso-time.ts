/** Times as text: ISO 8601 in UTC, from nanoseconds since 1970. */

const NS_PER_SECOND = 1_000_000_000n;

/** ISO 8601 UTC with as many digits of the second as the value has, in threes. */
export function isoTime(ns: bigint): string {
  const seconds = ns >= 0n ? ns / NS_PER_SECOND : (ns - NS_PER_SECOND + 1n) / NS_PER_SECOND;
  const rest = ns - seconds * NS_PER_SECOND;
  const date = new Date(Number(seconds) * 1000);
  // Beyond the range of Date (year 275760) the value is damage; the raw number is more truthful than an invented date.
  if (Number.isNaN(date.getTime())) return `${ns}ns`;
  const head = date.toISOString().slice(0, -5);
  const digits = rest.toString().padStart(9, '0');
  const shown = digits.endsWith('000000') ? digits.slice(0, 3) : digits.endsWith('000') ? digits.slice(0, 6) : digits;
  return rest === 0n ? `${head}Z` : `${head}.${shown}Z`;
}
