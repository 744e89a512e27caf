/**
 * What a guest does that a snapshot can be taken at, one row each: `--on NAME` or `--on NAME:ARGUMENT`.
 *
 * Data only. The emulator knows none of these names: it reports instructions and accesses, and what those mean is found
 * out here, from the guest's own memory.
 */
export interface GuestEvent {
  readonly summary: string;
  /** What stands behind the colon; none when absent. */
  readonly argument?: string;
}

export const GUEST_EVENTS = {
  'process-create': { summary: 'a process was made and has not run yet' },
  'process-exit': { summary: 'a process ends and still has everything' },
  'module-load': { summary: 'a module is linked and has not been initialised yet' },
  'exec-of-written-page': { summary: 'code runs that was written by or for the process that runs it' },
  console: { summary: 'the guest has printed the text on its first serial port', argument: 'TEXT' },
  write: { summary: 'something wrote to a symbol of the kernel', argument: 'SYMBOL' },
} as const satisfies Record<string, GuestEvent>;

export type GuestEventName = keyof typeof GUEST_EVENTS;

/** An event that has happened. */
export interface Happening {
  /** Label of the schedule's row. */
  readonly label: string;
  /** What it was about: `sleep (pid 99)`. */
  readonly detail: string;
}
