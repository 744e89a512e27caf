/**
 * Where generated code comes from before it is generated: the seam through which a host hands in what earlier runs made,
 * and takes what this one makes. Nothing that a guest can observe depends on it.
 *
 * The emulator keeps nothing itself, and a store may forget everything at any time.
 */
import type { KeptRegion, RegionRecord } from './kept-region.js';
import type { RegionGroup } from './region-group.js';

/** A module with the bytes that it was compiled from. */
export interface CompiledModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly module: WebAssembly.Module;
}

export interface CodeStore {
  /** There were earlier runs: what is translated now is likely to be used again. */
  readonly isFamiliar: boolean;
  /** The interpreter's handlers that earlier runs needed, in one module: see interpreter/kept-handlers.ts. */
  handlers(): WebAssembly.Module | undefined;
  /** Is asked for a better module of handlers before the store is written. */
  set freshHandlers(make: () => Uint8Array<ArrayBuffer> | undefined);
  /** Regions whose origin has this signature (`signatureAt`), the best first. */
  regions(signature: number): readonly KeptRegion[];
  keepRegion(region: RegionRecord, compiled: CompiledModule): void;
  /** Is called to put many regions into one module. */
  set groupRegions(make: ((records: readonly RegionRecord[]) => RegionGroup) | undefined);
}
