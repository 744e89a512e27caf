/** Progress of long scans on stderr: a bar on a terminal, nothing elsewhere, nothing for what is over at once. */
import cliProgress from 'cli-progress';

/** A scan shorter than this shows no bar at all. */
const PATIENCE_MS = 400;

export class ProgressBar {
  #bar: cliProgress.SingleBar | undefined;
  #label = '';
  #since = 0;
  readonly #enabled: boolean;

  constructor(enabled: boolean) {
    this.#enabled = enabled && process.stderr.isTTY === true;
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
      this.#bar = new cliProgress.SingleBar({
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
