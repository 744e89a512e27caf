/**
 * The kinds of sources beside files: what stands before the colon in `-f snapshot:boot@3`. One row each; a row knows
 * how to get memory, not what is in it.
 */
import type { PhysicalMemory } from '../memory/physical-memory.js';

export interface SourceOptions {
  /** Folder of the snapshot store; `storeFolder()` unless told. */
  readonly store?: string | undefined;
  /** Takes a range of a series (`NAME@3..9`) for its last snapshot; a range is no single moment otherwise. */
  readonly ranges?: boolean | undefined;
}

export interface SourceScheme {
  /** @param rest what stands behind the colon. @throws UserError when there is no such thing */
  open(rest: string, options: SourceOptions): Promise<PhysicalMemory>;
}

export const SOURCE_SCHEMES: Readonly<Record<string, SourceScheme>> = {
  snapshot: {
    open: async (rest, options) => (await import('./open-snapshot.js')).openSnapshot(rest, options),
  },
  live: {
    open: async (rest, options) => (await import('./open-live.js')).openLive(rest, options),
  },
};

/** What a name in a snapshot store begins with. */
export const SERIES_PREFIX = 'snapshot:';

/** Whether `source` names several snapshots: a series without a point, or a range of one. Opens nothing. */
export function isSeries(source: string): boolean {
  return source.startsWith(SERIES_PREFIX) && (!source.includes('@') || source.includes('..'));
}

const SCHEME = /^([a-z]+):(.*)$/s;

/** The scheme of `source` and the rest of it; undefined for the path of a file. */
export function schemeOf(source: string): { readonly scheme: SourceScheme; readonly rest: string } | undefined {
  const match = SCHEME.exec(source);
  const scheme = match === null ? undefined : SOURCE_SCHEMES[match[1] as string];
  return scheme === undefined ? undefined : { scheme, rest: match?.[2] ?? '' };
}
