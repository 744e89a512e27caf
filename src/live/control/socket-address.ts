/**
 * The address of a Unix socket, also where the path is longer than the system takes (sun_path: 108 bytes on Linux,
 * unix(7)): then through a descriptor of the folder.
 */
import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { UserError } from '../../core/errors.js';

const LONGEST = 100;

/** Runs `use` with an address that means `path`; what it leaves going must have bound or begun to connect. */
export function withSocketAddress<T>(path: string, use: (address: string) => T): T {
  if (Buffer.byteLength(path) <= LONGEST) return use(path);
  if (process.platform !== 'linux') {
    throw new UserError(`the path of the socket ${path} is too long`, 'name a shorter folder with --store');
  }
  const folder = openSync(dirname(path), 'r');
  try {
    return use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}
