/**
 * What memories can say about their pages without reading them: two snapshots of one store share most pages, and know it.
 *
 * Only an acceleration: memories without it are compared by their bytes.
 */
import type { PhysicalMemory } from './physical-memory.js';

export interface PageIdentities {
  /** Identities are comparable when this is the same object. */
  readonly identitySpace: unknown;
  /** Equal numbers mean equal contents; undefined means that the page cannot be read. */
  pageIdentity(frame: number): number | undefined;
  /** Frames in a run. */
  readonly runFrames: number;
  /** Equal numbers mean that all pages of the run have equal identities; undefined beyond the end. */
  runIdentity(run: number): number | undefined;
}

export function hasIdentities(memory: PhysicalMemory): memory is PhysicalMemory & PageIdentities {
  return 'pageIdentity' in memory && 'identitySpace' in memory;
}
