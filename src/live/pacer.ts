/**
 * Keeps guest time from running ahead of the clock on the wall. A guest whose work takes longer than it should does not
 * catch up; one that sleeps does, by sleeping.
 */
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

  /** Guest time as it should be now; whole nanoseconds. A guest that sleeps may be behind it by any time. */
  get now(): number {
    return Math.floor(this.#guest + (performance.now() - this.#wall) * 1e6);
  }

  /** Milliseconds until guest time `time` is right; negative when it has been. */
  until(time: number): number {
    return (time - this.now) / 1e6;
  }

  /** The guest has come as far as it could: one that is late by now has worked, or was not let run. */
  caughtUp(): void {
    if (this.now - this.#machine.time >= LATE) this.restart();
  }

  /** The guest is on time as of now. */
  restart(): void {
    this.#guest = this.#machine.time;
    this.#wall = performance.now();
  }
}
