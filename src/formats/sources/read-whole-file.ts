/** A small file of the user's as a whole: guest files, kernels, scripts. Images are read through a `ByteSource`. */
import { openFileSource } from './file-source.js';
import { readBytes } from './read-bytes.js';

/** @throws UserError that says in a line why the file at `path` cannot be read, and what to do */
export function readWholeFile(path: string): Buffer {
  const source = openFileSource(path);
  try {
    const bytes = readBytes(source, 0, source.size);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  } finally {
    source.close();
  }
}
