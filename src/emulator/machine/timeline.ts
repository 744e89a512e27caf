/**
 * Guest time and everything that waits for it. One retired instruction is one nanosecond, so the time-stamp counter
 * runs at 1 GHz; while the processor is halted, time jumps to the next deadline, and an access to a port takes a
 * microsecond.
 *
 * Why 1 GHz: it is near what the translated code reaches, so guest seconds resemble real ones; every clock of the
 * machine divides from whole nanoseconds; and Linux calibrates the TSC against the PIT or the PM timer to within its
 * own tolerance, because all of them are derived from the same count without drift.
 */
import { InvariantError, UserError } from '../../core/errors.js';
import type { Clock, Timer } from '../devices/device.js';
import type { SavedState } from '../devices/state/saved-state.js';

const NEVER = Number.POSITIVE_INFINITY;
const VERSION = 1;

/**
 * How long IN and OUT take: a cycle of the ISA bus, about eight of its clocks of 8 MHz. Linux delays by writing to port
 * 80h because of that. Were it an instruction's nanosecond, a guest that polls a timer's port would do so fifty times
 * as often as on a PC.
 */
export const PORT_ACCESS_NANOSECONDS = 1000;

/** The part of the processor that carries time. */
export interface InstructionCounter {
  readonly icount: number;
  idleTicks: number;
  spend(ticks: number): void;
  requestStop(): void;
}

interface Deadline extends Timer {
  at: number;
  readonly name: string;
  readonly callback: () => void;
}

export class Timeline implements Clock {
  readonly #deadlines: Deadline[] = [];
  #counter: InstructionCounter | undefined;
  /** The earliest deadline, kept so that the run loop need not search. */
  #next = NEVER;
  /** What the processor currently runs up to; a nearer deadline interrupts it. */
  #horizon = 0;

  /** The processor exists only after the devices that it talks to. */
  attach(counter: InstructionCounter): void {
    this.#counter = counter;
  }

  get now(): number {
    const counter = this.#counter;
    return counter === undefined ? 0 : counter.icount + counter.idleTicks;
  }

  timer(name: string, callback: () => void): Timer {
    if (this.#deadlines.some((deadline) => deadline.name === name)) {
      throw new InvariantError(`two timers are called ${name}`);
    }
    const deadline: Deadline = { name, callback, at: NEVER, set: (at) => this.#set(deadline, at) };
    this.#deadlines.push(deadline);
    return deadline;
  }

  /** When the next deadline is due; Infinity when none is set. */
  get next(): number {
    return this.#next;
  }

  /** The processor is about to run up to guest time `horizon`. */
  runningUntil(horizon: number): void {
    this.#horizon = horizon;
  }

  /** Calls every deadline that has been reached, earliest first, those of equal time in order of creation. */
  fireDue(): void {
    for (;;) {
      const { now } = this;
      const due = this.#earliest();
      if (due === undefined || due.at > now) return;
      this.#set(due, NEVER);
      due.callback();
    }
  }

  /** Lets time pass without instructions, up to `instant`. */
  jumpTo(instant: number): void {
    const counter = this.#counter;
    if (counter === undefined || instant < this.now) throw new InvariantError(`time cannot go back to ${instant}`);
    counter.idleTicks += instant - this.now;
  }

  /** Lets time pass during an instruction. What becomes due meanwhile fires behind it. */
  pass(nanoseconds: number): void {
    this.#counter?.spend(nanoseconds);
  }

  save(): SavedState {
    const timers = Object.fromEntries(this.#deadlines.map(({ name, at }) => [name, at]));
    return { version: VERSION, fields: { idle: this.#counter?.idleTicks ?? 0, timers } };
  }

  restore(saved: SavedState): void {
    const { idle, timers } = (saved?.fields ?? {}) as { idle?: unknown; timers?: Record<string, unknown> };
    if (saved?.version !== VERSION || typeof idle !== 'number' || typeof timers !== 'object' || timers === null) {
      throw new UserError('saved state: the timeline is not understood', 'take the snapshot again with this version');
    }
    if (this.#counter !== undefined) this.#counter.idleTicks = idle;
    for (const deadline of this.#deadlines) {
      const at = timers[deadline.name];
      if (typeof at !== 'number' || Number.isNaN(at)) {
        throw new UserError(`saved state: there is no timer ${deadline.name}`, 'restore it into an equal machine');
      }
      deadline.at = at;
    }
    this.#next = this.#earliest()?.at ?? NEVER;
  }

  #set(deadline: Deadline, at: number): void {
    deadline.at = at;
    this.#next = this.#earliest()?.at ?? NEVER;
    if (at < this.#horizon) this.#counter?.requestStop();
  }

  #earliest(): Deadline | undefined {
    let best: Deadline | undefined;
    for (const deadline of this.#deadlines) {
      if (deadline.at !== NEVER && (best === undefined || deadline.at < best.at)) best = deadline;
    }
    return best;
  }
}
