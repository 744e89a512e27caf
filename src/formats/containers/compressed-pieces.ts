/**
 * A compressed file front to back, in pieces that the decompressors may keep, with progress reports.
 */
import type { ByteSource } from '../byte-source.js';
import type { OpenOptions } from '../format.js';

const PIECE = 1024 * 1024;

/** Yields all of `source`. Stops with the signal's reason when `options.signal` is aborted. */
export function* compressedPieces(
  source: ByteSource,
  options: OpenOptions,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  let offset = 0;
  while (offset < source.size) {
    const piece = new Uint8Array(Math.min(PIECE, source.size - offset));
    const got = source.read(offset, piece);
    if (got === 0) return;
    offset += got;
    yield piece.subarray(0, got);
    options.onUnpack?.(offset, source.size);
    options.signal?.throwIfAborted();
  }
}
