/**
 * A file written front to back whose zeros take no room on disk: what is zero in 64 KiB steps becomes a hole.
 *
 * It owns neither the descriptor nor the name: who opened the file closes it.
 */
import { ftruncateSync, writeSync } from 'node:fs';
import { UserError } from '../../core/errors.js';
import type { Sink } from './sink.js';

const STEP = 64 * 1024;
const ZEROS = Buffer.alloc(STEP);

const writeFailures: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file system does not hold files this large',
};

function isZero(bytes: Uint8Array): boolean {
  return ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;
}

export class SparseFileSink implements Sink {
  readonly #fd: number;
  readonly #name: string;
  #position = 0;
  #stored = 0;

  /** @param name what messages call the file. */
  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.#name = name;
  }

  /** Length of the file so far, holes included. */
  get position(): number {
    return this.#position;
  }

  /** Bytes so far that take room on disk. */
  get stored(): number {
    return this.#stored;
  }

  write(bytes: Uint8Array): void {
    let from = 0;
    for (let at = 0; at < bytes.length; at += STEP) {
      const step = bytes.subarray(at, at + STEP);
      if (!isZero(step)) continue;
      this.#store(bytes.subarray(from, at));
      this.#position += step.length;
      from = at + step.length;
    }
    this.#store(bytes.subarray(from));
  }

  skip(length: number): void {
    this.#position += length;
  }

  /** Gives the file its length, which a hole at its end does not. */
  finish(): void {
    this.#guard(() => ftruncateSync(this.#fd, this.#position));
  }

  #store(bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) {
      const from = done;
      done += this.#guard(() => writeSync(this.#fd, bytes, from, bytes.length - from, this.#position + from));
    }
    this.#position += bytes.length;
    this.#stored += bytes.length;
  }

  #guard<T>(write: () => T): T {
    try {
      return write();
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new UserError(
        `${this.#name}: ${writeFailures[code] ?? `cannot be written (${code})`}`,
        'use another folder',
      );
    }
  }
}
