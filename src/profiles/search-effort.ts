/**
 * How hard a system is looked for: `quick` reads little, whatever the size of the image; `thorough` may read all of it,
 * and leaves out what `quick` has done. All systems are tried quickly before one is looked for thoroughly.
 */
export const SEARCH_EFFORTS = ['quick', 'thorough'] as const;
export type SearchEffort = (typeof SEARCH_EFFORTS)[number];
