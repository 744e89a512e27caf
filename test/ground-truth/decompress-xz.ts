/**
 * Unpacks .xz files of real data, without a system tool.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import xzDecompress from 'xz-decompress';

function decompressing(path: string): Readable {
  const compressed = Readable.toWeb(createReadStream(path));
  return Readable.fromWeb(new xzDecompress.XzReadableStream(compressed as never) as unknown as WebStream);
}

/** The whole contents of a small .xz file. */
export async function decompressXz(path: string): Promise<Buffer> {
  return buffer(decompressing(path));
}

/** Unpacks `path` into the new file `target`. */
export async function decompressXzTo(path: string, target: string): Promise<void> {
  await pipeline(decompressing(path), createWriteStream(target));
}
