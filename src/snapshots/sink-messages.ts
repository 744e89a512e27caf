/**
 * What goes between the one who copies a guest (`snapshot-sink.ts`) and the one who stores the copy (`serve-sink.ts`), in
 * the same thread or in two. One snapshot at a time: `begin`, `pages` as often as need be, `commit`, and an answer.
 */
import type { MemoryDescription, SnapshotInfo } from './manifest.js';
import type { Moment } from './moment.js';

/** As many pages as the store writes in one transaction; what a buffer holds at most. */
export const BUFFER_PAGES = 512;

export type PageBuffer = Uint8Array<ArrayBuffer>;

export interface SnapshotStart {
  readonly series: string;
  readonly memory: MemoryDescription;
  /** Number of the snapshot that the pages are the difference to; undefined when all that are not zero come. */
  readonly base: number | undefined;
}

/** A part of the machine beside memory, as `SnapshotWriter.putState` takes it. */
export interface StateBytes {
  readonly name: string;
  readonly version: number;
  readonly bytes: Uint8Array;
}

export interface SnapshotEnd {
  readonly moment: Moment;
  readonly states: readonly StateBytes[];
}

export type SinkOrder =
  /** One that was begun and not committed is given up. */
  | ({ readonly kind: 'begin' } & SnapshotStart)
  /** The pages of `frames`, one after the other. The buffer moves and comes back by `free`. */
  | { readonly kind: 'pages'; readonly frames: Uint32Array; readonly buffer: PageBuffer }
  | ({ readonly kind: 'commit' } & SnapshotEnd)
  | { readonly kind: 'close' };

export type SinkReply =
  | { readonly kind: 'free'; readonly buffer: PageBuffer }
  | { readonly kind: 'stored'; readonly info: SnapshotInfo }
  /** A `UserError`: the snapshot that was begun last is lost. Comes once, at the order that failed. */
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string | undefined }
  /** Something to tell that concerns no snapshot in the making. */
  | { readonly kind: 'remark'; readonly text: string }
  /** The answer to `close`, the last one. */
  | { readonly kind: 'closed' };
