/** A sleep that somebody else can end. A ring that comes while nobody sleeps ends the next sleep at once. */
/** What a timer takes; a sleeper looks again and sleeps on. */
const LONGEST = 2 ** 31 - 1;

export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves after `milliseconds` (at once when none are left, never by itself when Infinity) or at a ring. */
  async sleep(milliseconds: number): Promise<void> {
    if (!this.#rung && milliseconds > 0) {
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(milliseconds) ? setTimeout(resolve, Math.min(milliseconds, LONGEST)) : undefined;
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
