/**
 * When a snapshot was taken and why: what the user picks a snapshot of a series by. Knows nothing of pages.
 */

export interface Moment {
  /** Instructions retired since the machine was switched on; undefined for dumps made elsewhere. */
  readonly icount?: bigint | undefined;
  /** Nanoseconds of guest time since the machine was switched on; undefined for dumps made elsewhere. */
  readonly guestTimeNs?: bigint | undefined;
  /** When it was taken by the clock on the wall, in nanoseconds since 1970. */
  readonly wallTimeNs: bigint;
  /** What the user or a script calls this moment; free text. */
  readonly label?: string | undefined;
  /** What made the schedule take it (`every 2s`, `process-create`, `import`). */
  readonly reason?: string | undefined;
}

/** A moment as it stands in a manifest: 64-bit numbers are decimal text, absent ones are left out. */
export interface MomentRecord {
  readonly icount?: string;
  readonly guestTimeNs?: string;
  readonly wallTimeNs: string;
  readonly label?: string;
  readonly reason?: string;
}

export function momentRecord({ icount, guestTimeNs, wallTimeNs, label, reason }: Moment): MomentRecord {
  return {
    ...(icount === undefined ? {} : { icount: icount.toString() }),
    ...(guestTimeNs === undefined ? {} : { guestTimeNs: guestTimeNs.toString() }),
    wallTimeNs: wallTimeNs.toString(),
    ...(label === undefined ? {} : { label }),
    ...(reason === undefined ? {} : { reason }),
  };
}

export function momentOf({ icount, guestTimeNs, wallTimeNs, label, reason }: MomentRecord): Moment {
  return {
    icount: icount === undefined ? undefined : BigInt(icount),
    guestTimeNs: guestTimeNs === undefined ? undefined : BigInt(guestTimeNs),
    wallTimeNs: BigInt(wallTimeNs),
    label,
    reason,
  };
}
