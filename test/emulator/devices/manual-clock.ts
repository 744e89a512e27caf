/** Guest time moved by hand; timers fire in order when it passes them. */
import type { Clock, Line, Timer } from '../../../src/emulator/devices/device.js';

interface Deadline extends Timer {
  at: number;
  callback: () => void;
}

export class ManualClock implements Clock {
  now = 0;
  readonly #deadlines: Deadline[] = [];

  timer(_name: string, callback: () => void): Timer {
    const deadline: Deadline = {
      at: Number.POSITIVE_INFINITY,
      callback,
      set: (at) => {
        deadline.at = at;
      },
    };
    this.#deadlines.push(deadline);
    return deadline;
  }

  /** Moves time to `instant`, stopping at each deadline on the way. */
  advanceTo(instant: number): void {
    for (;;) {
      const due = this.#deadlines.filter(({ at }) => at <= instant).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.now = Math.max(this.now, due.at);
      due.at = Number.POSITIVE_INFINITY;
      due.callback();
    }
    this.now = instant;
  }

  advance(nanoseconds: number): void {
    this.advanceTo(this.now + nanoseconds);
  }
}

/** A line that remembers its level and counts rising edges. */
export class ProbeLine implements Line {
  level = false;
  edges = 0;

  set(level: boolean): void {
    if (level && !this.level) this.edges++;
    this.level = level;
  }
}
