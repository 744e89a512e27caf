/**
 * Images inside gzip (RFC 1952), several members in a row included.
 */
import { createGunzip } from 'node:zlib';
import { u16 } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import type { Container, OpenOptions } from '../format.js';
import { compressedPieces } from './compressed-pieces.js';
import { spool } from './spool.js';

const GZIP_MAGIC = 0x8b1f;
const METHOD_DEFLATE = 8;

/** Bytes that are decoded in one go: what comes of them (up to 1032 times as much) is in memory at once. */
const STEP = 32 * 1024;

async function* gunzip(source: ByteSource, options: OpenOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const unzip = createGunzip({ chunkSize: 256 * 1024 });
  const ready: Uint8Array[] = [];
  let failure: Error | undefined;
  let isOver = false;
  let wake = () => {};
  // Listening instead of iterating: an error then loses nothing of what was decoded before it.
  unzip.on('data', (piece: Uint8Array) => ready.push(piece));
  unzip.on('error', (error) => {
    failure = error;
  });
  // Padding after the last member ends the decoder in the middle of a write, whose callback is then never called.
  for (const event of ['end', 'close'])
    unzip.on(event, () => {
      isOver = true;
      wake();
    });

  for (const piece of compressedPieces(source, options)) {
    for (let at = 0; at < piece.length && !isOver; at += STEP) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        unzip.write(piece.subarray(at, at + STEP), () => resolve());
      });
      yield* ready.splice(0);
    }
  }
  if (!isOver)
    await new Promise<void>((resolve) => {
      wake = resolve;
      unzip.end();
    });
  yield* ready.splice(0);
  if (failure) throw failure;
}

export const gzipContainer: Container = {
  name: 'gzip',
  detect: (head) => head.length >= 10 && u16(head, 0) === GZIP_MAGIC && head[2] === METHOD_DEFLATE,
  open: (source, { options }) => spool(source, 'gzip', gunzip(source, options), options),
};
