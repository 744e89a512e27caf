/**
 * What goes between the one who copies a guest (`snapshot-sink.ts`) and the one who stores the copy (`serve-sink.ts`), in
 * the same thread or in two. For each snapshot in turn: `begin`, `pages` as often as need be, `commit`, and an answer, before
 * which the next ones may be begun.
 */
import type { MemoryDescription, SnapshotInfo } from './manifest.js';
import type { Moment } from './moment.js';

/** As many pages as the store writes in one transaction; what a buffer holds at most. */
export const BUFFER_PAGES = 512;

export type PageBuffer = Uint8Array<ArrayBuffer>;

export interface SnapshotStart {
  readonly series: string;
  readonly memory: MemoryDescription;
  /** Whether the pages are the difference to the snapshot before through this sink, or all that are not zero. */
  readonly pages: 'changed' | 'all';
}

/** A part of the machine beside memory, as `SnapshotWriter.putState` takes it. */
export interface StateBytes {
  readonly name: string;
  readonly version: number;
  readonly bytes: Uint8Array;
}

export interface SnapshotEnd {
  readonly moment: Moment;
  /** A name for it, checked. */
  readonly tag?: string | undefined;
  readonly states: readonly StateBytes[];
}

export type SinkOrder =
  /** One that was begun and not committed is given up. */
  | ({ readonly kind: 'begin'; readonly id: number } & SnapshotStart)
  /** The pages of `frames`, one after the other. The buffer moves and comes back by `free`. */
  | { readonly kind: 'pages'; readonly frames: Uint32Array; readonly buffer: PageBuffer }
  | ({ readonly kind: 'commit' } & SnapshotEnd)
  | { readonly kind: 'close' };

export type SinkReply =
  | { readonly kind: 'free'; readonly buffer: PageBuffer }
  | { readonly kind: 'stored'; readonly id: number; readonly info: SnapshotInfo }
  /** A `UserError`: the snapshot `id` is lost, or, without one, closing failed. Comes once, at the order that failed. */
  | {
      readonly kind: 'failed';
      readonly id: number | undefined;
      readonly message: string;
      readonly hint: string | undefined;
    }
  /** Something to tell that concerns no snapshot in the making. */
  | { readonly kind: 'remark'; readonly text: string }
  /** The answer to `close`, the last one. */
  | { readonly kind: 'closed' };
