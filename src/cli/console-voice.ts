/** What the guest prints and what we remark, together on stderr: a remark never stands in the guest's line. */

const NEW_LINE = 10;

export class ConsoleVoice {
  readonly #quiet: boolean;
  #left: number;
  #inLine = false;

  /** @param most bytes of console that are written, for logs */
  constructor(quiet: boolean, most: number) {
    this.#quiet = quiet;
    this.#left = most;
  }

  output(bytes: Uint8Array): void {
    if (this.#quiet || this.#left <= 0) return;
    this.#left -= bytes.length;
    this.#inLine = bytes.at(-1) !== NEW_LINE;
    process.stderr.write(bytes);
    if (this.#left <= 0) this.say('no more of the console is written here');
  }

  say(text: string): void {
    if (this.#quiet) return;
    process.stderr.write(`${this.#inLine ? '\n' : ''}memlapse: ${text}\n`);
    this.#inLine = false;
  }
}
