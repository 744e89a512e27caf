/** Notices when a byte stream has carried a text, without keeping the stream. */

export class TextWatch {
  readonly #wanted: Uint8Array;
  #tail: number[] = [];
  #seen = false;

  constructor(text: string) {
    this.#wanted = new TextEncoder().encode(text);
    this.#seen = this.#wanted.length === 0;
  }

  get seen(): boolean {
    return this.#seen;
  }

  /** Takes one byte; true from the byte on that completes the text. */
  push(byte: number): boolean {
    if (this.#seen) return true;
    this.#tail.push(byte);
    if (this.#tail.length > this.#wanted.length) this.#tail.shift();
    this.#seen = this.#tail.length === this.#wanted.length && this.#wanted.every((b, i) => b === this.#tail[i]);
    return this.#seen;
  }
}
