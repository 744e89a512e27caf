/**
 * The input log: everything that entered a machine from outside, each entry stamped with the instruction count and the
 * guest time at which it entered. A machine's initial state and its log determine the run.
 *
 * Plain data; `input-port.ts` writes and plays it. How it is stored on disk is not decided here.
 */

export const INPUT_LOG_SCHEMA = 'memlapse-input-log';
export const INPUT_LOG_VERSION = 1;

/** What can enter a machine. */
export type Input =
  | { readonly kind: 'serial'; readonly port: number; readonly bytes: Uint8Array }
  /** Scan codes as the guest reads them from port 60h. */
  | { readonly kind: 'keyboard'; readonly bytes: Uint8Array }
  | { readonly kind: 'power-button' }
  | { readonly kind: 'nmi' }
  /** A write to a disk from outside the guest. */
  | { readonly kind: 'disk'; readonly disk: string; readonly offset: number; readonly bytes: Uint8Array }
  /** Entropy of the host, mixed into the generator that feeds RDRAND and virtio-rng. */
  | { readonly kind: 'entropy'; readonly word: bigint };

export type LogEntry = Input & {
  /** Retired instructions. */
  readonly icount: number;
  /** Guest nanoseconds. */
  readonly time: number;
};

export interface InputLog {
  readonly schema: typeof INPUT_LOG_SCHEMA;
  readonly version: typeof INPUT_LOG_VERSION;
  /** Ascending in time. */
  readonly entries: readonly LogEntry[];
}
