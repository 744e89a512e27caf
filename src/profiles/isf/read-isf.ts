/** Reads a symbol file (`.json`, `.json.gz`, `.json.xz`; told apart by content, not by name). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { UserError } from '../../core/errors.js';
import { IsfDocument } from './isf-document.js';
import { xzDecompressSync } from './xz-decompress-sync.js';

interface Packing {
  readonly magic: readonly number[];
  unpack(name: string, bytes: Buffer): Buffer;
}

const PACKINGS: readonly Packing[] = [
  { magic: [0x1f, 0x8b], unpack: gunzip },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpack: xzDecompressSync },
];

/** Opens the symbol file at `path`. Throws `UserError` when it cannot be read, unpacked, or is no symbol file. */
export function readIsf(path: string): IsfDocument {
  return new IsfDocument(path, readUnpacked(path));
}

/** The file's bytes, unpacked when they are packed. */
export function readUnpacked(path: string): Buffer {
  const bytes = readFile(path);
  const packing = PACKINGS.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  return packing === undefined ? bytes : packing.unpack(path, bytes);
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? error}`, 'check the path');
  }
}

function gunzip(name: string, bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new UserError(`${name} cannot be decompressed: ${(error as Error).message}`, 'check it with `gzip --test`');
  }
}
