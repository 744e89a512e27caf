/** Keeps guest time from running ahead of the clock on the wall. A guest that falls behind does not catch up. */
import type { Machine } from '../emulator/machine/machine.js';

/** Nanoseconds that the guest may be late before its clock is set anew. */
const LATE = 50e6;

export class Pacer {
  readonly #machine: Machine;
  /** The guest time that is right when the wall shows `#wall` milliseconds. */
  #guest: number;
  #wall: number;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#guest = machine.time;
    this.#wall = performance.now();
  }

  /** Guest time as it should be now; whole nanoseconds. */
  get now(): number {
    const now = Math.floor(this.#guest + (performance.now() - this.#wall) * 1e6);
    if (now - this.#machine.time < LATE) return now;
    this.#guest = this.#machine.time;
    this.#wall = performance.now();
    return this.#guest;
  }

  /** Milliseconds until guest time `time` is right; negative when it has been. */
  until(time: number): number {
    return (time - this.now) / 1e6;
  }
}
