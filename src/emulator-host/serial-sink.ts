/** Where a serial port's bytes go on the host. Collected, because guests print byte by byte. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { UserError } from '../core/errors.js';

const BUFFER_BYTES = 4096;
const NEW_LINE = 10;

export class SerialSink {
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #length = 0;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #close: () => void;

  constructor(write: (bytes: Uint8Array) => void, close: () => void = () => {}) {
    this.#write = write;
    this.#close = close;
  }

  /** @throws UserError when the file cannot be made. */
  static file(path: string): SerialSink {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'w');
    } catch (cause) {
      throw new UserError(`cannot write ${path}: ${(cause as Error).message}`, 'check the path');
    }
    return new SerialSink(
      (bytes) => writeSync(descriptor, bytes),
      () => closeSync(descriptor),
    );
  }

  push(byte: number): void {
    this.#buffer[this.#length++] = byte;
    if (byte === NEW_LINE || this.#length === BUFFER_BYTES) this.flush();
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#write(this.#buffer.slice(0, this.#length));
    this.#length = 0;
  }

  close(): void {
    this.flush();
    this.#close();
  }
}
