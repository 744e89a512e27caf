/** What is known of a file in the application compatibility cache. */

export interface ShimCacheEntry {
  readonly path: string | undefined;
  /** When the file was last written to, in NT's steps. */
  readonly modified: bigint | undefined;
  /** When the entry was made or used last, in NT's steps; XP only. */
  readonly updated?: bigint | undefined;
  readonly size?: number | undefined;
  /** Whether a process was made of it; undefined where the system does not say. */
  readonly executed?: boolean | undefined;
  readonly offset: bigint;
}
