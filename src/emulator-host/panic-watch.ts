/** Notices on a serial console that a Linux kernel has panicked, and when it has had its last word. */
import { TextWatch } from '../emulator/machine/text-watch.js';

/** kernel/panic.c. */
const PANIC = 'Kernel panic - not syncing';
/** Guest nanoseconds after a panic in which the kernel may finish printing and reset. */
const GRACE = 200_000_000;

export class PanicWatch {
  readonly #text = new TextWatch(PANIC);
  #over = Number.POSITIVE_INFINITY;

  /** Takes a byte that was printed at guest time `now`. */
  printed(byte: number, now: number): void {
    if (!this.#text.seen && this.#text.push(byte)) this.#over = now + GRACE;
  }

  get panicked(): boolean {
    return this.#text.seen;
  }

  /** Guest time from which nothing more is expected; Infinity without a panic. */
  get over(): number {
    return this.#over;
  }
}
