/** A raw disk image in a file, read synchronously and never written. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '../core/errors.js';
import type { BlockSource } from '../emulator/devices/disk/disk-image.js';

export class DiskFile implements BlockSource {
  readonly size: number;
  readonly #path: string;
  readonly #descriptor: number;

  /** @throws UserError when the file cannot be opened or is no whole number of sectors. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, 'r');
    } catch (cause) {
      throw new UserError(`cannot open disk ${path}: ${(cause as Error).message}`, 'check the path');
    }
    this.size = fstatSync(this.#descriptor).size;
    if (this.size === 0 || this.size % 512 !== 0) {
      this.close();
      throw new UserError(
        `${path} is no raw disk image: ${this.size} bytes`,
        'give an image of whole 512-byte sectors',
      );
    }
  }

  read(offset: number, target: Uint8Array): number {
    let done = 0;
    try {
      while (done < target.length) {
        const count = readSync(this.#descriptor, target, done, target.length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
    } catch (cause) {
      throw new UserError(`cannot read disk ${this.#path}: ${(cause as Error).message}`, 'check the file system');
    }
    return done;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
