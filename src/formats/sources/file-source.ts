/**
 * A file of the operating system as a `ByteSource`. Reads are synchronous and uncached: the disk cache of the system
 * is below, and the caches that know about access patterns (`image/`, `cached-source`) are above.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';

/** What the system says, and what the user can do about it. */
const openFailures: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: ['no such file', 'check the path'],
  ENOTDIR: ['no such file', 'check the path: a part of it is a file, not a folder'],
  EACCES: ['permission denied', 'run as a user who may read it, or change its permissions'],
  EPERM: ['permission denied', 'run as a user who may read it, or change its permissions'],
  EISDIR: ['is a folder', 'name a file inside it'],
  EMFILE: ['too many open files', 'raise the limit of open files (ulimit -n)'],
  ELOOP: ['too many symbolic links', 'check the path'],
};

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}

function openFailure(path: string, code: string): UserError {
  const [message, hint] = openFailures[code] ?? [`cannot be opened (${code})`, 'check the path'];
  return new UserError(`${path}: ${message}`, hint);
}

/** Reads until `target` is full or the file ends. `error` makes the exception of a failing read. */
function readFully(fd: number, offset: number, target: Uint8Array, error: (code: string) => UserError): number {
  let done = 0;
  while (done < target.length) {
    let got: number;
    try {
      got = readSync(fd, target, done, target.length - done, offset + done);
    } catch (cause) {
      throw error(errorCode(cause));
    }
    if (got === 0) break;
    done += got;
  }
  return done;
}

/** A `ByteSource` over an open descriptor, which it owns from now on. */
export function descriptorSource(fd: number, name: string, size: number): ByteSource {
  const failure = (code: string) =>
    new UserError(`${name}: cannot be read (${code})`, 'check the disk, or copy the file elsewhere and try the copy');
  return {
    name,
    size,
    read(offset, target) {
      const length = Math.min(target.length, size - offset);
      return length > 0 ? readFully(fd, offset, target.subarray(0, length), failure) : 0;
    },
    close() {
      closeSync(fd);
    },
  };
}

/**
 * Opens the file at `path` for reading.
 * @throws UserError when there is none, it may not be read, or it is not a file with random access.
 */
export function openFileSource(path: string): ByteSource {
  let fd: number;
  try {
    // O_NONBLOCK (absent on Windows): opening a named pipe must not wait for its writer.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw openFailure(path, errorCode(cause));
  }
  const status = fstatSync(fd);
  if (status.isFile()) return descriptorSource(fd, path, status.size);
  closeSync(fd);
  if (status.isDirectory()) throw openFailure(path, 'EISDIR');
  throw new UserError(`${path}: is not a regular file`, 'save its contents to a file first');
}
