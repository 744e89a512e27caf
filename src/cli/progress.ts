/** Progress of long scans on stderr: a bar on a terminal, nothing elsewhere, nothing for what is over at once. */
import type { SingleBar } from 'cli-progress';

/** A scan shorter than this shows no bar at all. */
const PATIENCE_MS = 400;

export class ProgressBar {
  #bar: SingleBar | undefined;
  #library: typeof import('cli-progress') | undefined;
  #label = '';
  #since = 0;
  readonly #enabled: boolean;

  constructor(enabled: boolean) {
    this.#enabled = enabled && process.stderr.isTTY === true;
    // Only terminals pay for the library; until it is there, there is nothing to show with.
    if (this.#enabled) {
      void import('cli-progress').then((library) => {
        this.#library = library.default;
      });
    }
  }

  update(done: number, total: number, label: string): void {
    if (!this.#enabled) return;
    if (label !== this.#label) {
      this.stop();
      this.#label = label;
      this.#since = performance.now();
    }
    if (this.#bar === undefined) {
      if (performance.now() - this.#since < PATIENCE_MS) return;
      if (this.#library === undefined) return;
      this.#bar = new this.#library.SingleBar({
        stream: process.stderr,
        format: '{label} [{bar}] {percentage}% {eta_formatted}',
        clearOnComplete: true,
        hideCursor: true,
      });
      this.#bar.start(total, done, { label });
    }
    this.#bar.update(done, { label });
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#label = '';
  }
}
