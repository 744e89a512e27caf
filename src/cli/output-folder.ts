/** The folder of `--output`, into which plugins extract files: safe names, nothing overwritten, holes kept sparse. */
import { closeSync, ftruncateSync, lstatSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PluginIo } from '../analysis/plugin.js';
import { UserError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';

const MAX_NAME = 180;
const MAX_NUMBERED = 100_000;

/** A guest-given name as one path component: separators, control characters and leading dots replaced. */
export function safeFileName(name: string): string {
  const safe = name
    .replace(/[/\\:*?"<>|\p{Cc}]/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, MAX_NAME);
  return safe === '' ? '_' : safe;
}

/** Creates the folder when it is missing and returns the writer that plugins get. Throws `UserError`. */
export function outputFolder(folder: string): PluginIo['extract'] {
  const root = resolve(folder);
  try {
    makeFolder(root);
  } catch (error) {
    throw new UserError(
      `the folder ${root} cannot be made: ${(error as Error).message}`,
      'choose another with --output',
    );
  }
  return (name, chunks) => {
    const names = (typeof name === 'string' ? [name] : name).map(safeFileName);
    const { path, file } = createNew(names.slice(0, -1).reduce(subfolder, root), names.at(-1) ?? '_');
    let end = 0;
    try {
      for (const { offset, bytes } of chunks) {
        writeSync(file, bytes, 0, bytes.length, offset);
        end = Math.max(end, offset + bytes.length);
      }
      ftruncateSync(file, end);
    } catch (error) {
      unlinkSync(path);
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      throw new UserError(
        `${path} cannot be written: ${(error as Error).message}`,
        'make room or choose another folder',
      );
    } finally {
      closeSync(file);
    }
    return path;
  };
}

/** The folder `name` in `parent`, made when it is missing; `name.1`, … where files are in its way. */
function subfolder(parent: string, name: string): string {
  for (let number = 0; number < MAX_NUMBERED; number++) {
    const path = join(parent, number === 0 ? name : `${name}.${number}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw new UserError(`${path} cannot be made: ${message}`, 'choose another folder');
      // Not through a link, which may lead out of the folder.
      if (lstatSync(path).isDirectory()) return path;
    }
  }
  throw new UserError(`${parent} already holds ${MAX_NUMBERED} files named ${name}`, 'choose an empty folder');
}

/** Opens a file that did not exist: `name`, else `name.1`, `name.2`, … */
function createNew(root: string, name: string): { path: string; file: number } {
  for (let number = 0; number < MAX_NUMBERED; number++) {
    const path = join(root, number === 0 ? name : `${name}.${number}`);
    try {
      return { path, file: openSync(path, 'wx', 0o600) };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw new UserError(`${path} cannot be written: ${message}`, 'choose another folder');
    }
  }
  throw new UserError(`${root} already holds ${MAX_NUMBERED} files named ${name}`, 'choose an empty folder');
}
