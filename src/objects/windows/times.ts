/** NT's times: 100-nanosecond steps since 1601-01-01 UTC. */

/** Steps from 1601 to 1970. */
const EPOCH = 116_444_736_000_000_000n;

/** Nanoseconds since 1970; undefined for 0 (which NT uses for "never") and for what was unreadable. */
export function unixTime(steps: bigint | undefined): bigint | undefined {
  return steps === undefined || steps === 0n ? undefined : (steps - EPOCH) * 100n;
}
