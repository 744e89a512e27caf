/** Writes a symbol file under its name at once and whole: never over another, never half. */
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { UserError } from '../core/errors.js';
import { type IsfFile, stringifyIsf } from '../profiles/isf/write-isf.js';

/** Throws `UserError` when `path` exists or cannot be written. */
export function writeSymbolFile(path: string, file: IsfFile): void {
  const text = stringifyIsf(file);
  const partial = `${path}.${process.pid}.partial`;
  try {
    writeFileSync(partial, path.endsWith('.gz') ? gzipSync(text) : text, { flag: 'wx' });
    // A link, unlike a rename, fails when the name is taken.
    linkSync(partial, path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'EEXIST') throw new UserError(`${path} exists already`, 'name another file');
    throw new UserError(`${path} cannot be written: ${message}`, 'name a file in a folder that can be written to');
  } finally {
    rmSync(partial, { force: true });
  }
}
