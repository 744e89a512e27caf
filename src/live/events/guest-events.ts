/**
 * What a guest does that a snapshot can be taken at, one row each: `--on NAME` or `--on NAME:ARGUMENT`.
 *
 * Data only. Who notices them is `event-watcher.ts`; the emulator knows none of these names.
 */
export interface GuestEvent {
  readonly summary: string;
  /** What stands behind the colon; none when absent. */
  readonly argument?: string;
}

export const GUEST_EVENTS = {
  console: { summary: 'the guest has printed the text on its first serial port', argument: 'TEXT' },
} as const satisfies Record<string, GuestEvent>;

export type GuestEventName = keyof typeof GUEST_EVENTS;
