/** Why a run of the machine came back, and what it can be asked to run up to. */

import type { MachineEvent } from '../events/event-kinds.js';

export type Outcome =
  /** A condition of `RunUntil` holds; the machine can go on. */
  | { readonly kind: 'reached'; readonly condition: 'icount' | 'time' | 'text' | 'halt' | 'event' }
  /** A subscription with `stop` let this event through; the machine stands before or behind its instruction. */
  | { readonly kind: 'event'; readonly event: MachineEvent }
  /** ACPI soft-off. */
  | { readonly kind: 'power-off' }
  /** HLT with interrupts off: nothing but an NMI can wake it. */
  | { readonly kind: 'halted' }
  /** HLT with interrupts on, and no deadline and no input will ever come. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'triple-fault' }
  /** The guest pulled the reset line; `by` names the device. `reset()` starts it over. */
  | { readonly kind: 'reset'; readonly by: string }
  /** A test kernel wrote to the exit port. */
  | { readonly kind: 'exit'; readonly code: number };

/** Conditions, whichever comes first; without any the machine runs until the guest ends. */
export interface RunUntil {
  /** Retired instructions, counted from power-on. */
  readonly icount?: number;
  /** Guest nanoseconds since power-on. */
  readonly time?: number;
  /** A serial port has printed this text since the run began. */
  readonly text?: { readonly port: number; readonly text: string };
  /** The processor halts and waits for an interrupt. */
  readonly halt?: boolean;
  /** Asked between instructions, whenever the processor comes back for a deadline or an input. */
  readonly event?: () => boolean;
}
