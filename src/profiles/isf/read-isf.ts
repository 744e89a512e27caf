/**
 * Reads a symbol file (`.json`, `.json.gz`, `.json.xz`; told apart by content, not by name).
 *
 * Unpacking takes longer than everything else together, so that the unpacked text is kept in the cache.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { UserError } from '../../core/errors.js';
import { xzDecompress } from '../../formats/codecs/xz-block.js';
import { xzUnpackedSize } from '../../formats/codecs/xz-size.js';
import type { BlobCache } from '../cache/blob-cache.js';
import { compactJson } from './compact-json.js';
import { IsfDocument } from './isf-document.js';

interface Packing {
  readonly magic: readonly number[];
  unpack(name: string, bytes: Buffer): Buffer;
}

const PACKINGS: readonly Packing[] = [
  { magic: [0x1f, 0x8b], unpack: gunzip },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpack: unxz },
];

/** Larger than any symbol file (34 MB for a whole kernel); stops decompression bombs. */
const MAX_UNPACKED = 1024 * 1024 * 1024;
/** Smaller files that are not packed are read faster than looked up. */
const WORTH_CACHING = 8 * 1024 * 1024;

/** Opens the symbol file at `path`. Throws `UserError` when it cannot be read, unpacked, or is no symbol file. */
export function readIsf(path: string, cache?: BlobCache): IsfDocument {
  const key = cache && keyOf(path);
  const kept = key === undefined ? undefined : cache?.get(key);
  if (kept !== undefined) return new IsfDocument(path, kept);
  const bytes = readFile(path);
  const packing = PACKINGS.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  const text = packing === undefined ? bytes : packing.unpack(path, bytes);
  if (key === undefined || (packing === undefined && text.length < WORTH_CACHING)) return new IsfDocument(path, text);
  const compact = compactJson(text);
  const document = new IsfDocument(path, compact);
  cache?.put(key, compact);
  return document;
}

function keyOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && `symbol file 1 ${resolve(path)} ${stat.size} ${stat.mtimeMs}`;
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
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (error) {
    throw new UserError(`${name} cannot be decompressed: ${(error as Error).message}`, 'check it with `gzip --test`');
  }
}

function unxz(name: string, bytes: Buffer): Buffer {
  const size = xzUnpackedSize(bytes) ?? -1;
  const damaged = new UserError(
    `${name} cannot be decompressed: the data is damaged or cut off`,
    'check it with `xz --test`',
  );
  if (size < 0 || size > MAX_UNPACKED) throw damaged;
  const output = Buffer.alloc(size);
  if (xzDecompress(bytes, output) !== size) throw damaged;
  return output;
}
