/**
 * Makes a folder with those above it. Node's own `mkdirSync(…, { recursive: true })` runs for ever where the system says
 * ENOENT of a folder whose parent is there, as /proc does (Node 20).
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Does nothing when `folder` is there already. @throws Error of the system (EACCES, ENOENT, ENOTDIR, EEXIST for a file) */
export function makeFolder(folder: string, mode = 0o777): void {
  const path = resolve(folder);
  if (!existsSync(dirname(path))) makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}
