/**
 * Images inside zstd (RFC 8878), several frames and skippable frames included.
 */
import { Decompress } from 'fzstd';
import { u32 } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import type { Container, OpenOptions } from '../format.js';
import { compressedPieces } from './compressed-pieces.js';
import { spool } from './spool.js';
import { isSkippable, largestWindow, ZSTD_MAGIC } from './zstd-frames.js';

/** What `zstd -d` accepts without --long or --memory, too. */
const MAX_WINDOW = 128 * 1024 * 1024;

// The decoder has no limit of its own (it takes any window below 2 GiB), hence the check before.
async function* unzstd(source: ByteSource, options: OpenOptions): AsyncGenerator<Uint8Array, void, undefined> {
  let ready: Uint8Array[] = [];
  const decoder = new Decompress((piece) => ready.push(piece));
  for (const piece of compressedPieces(source, options)) {
    try {
      decoder.push(piece);
    } finally {
      yield* ready;
      ready = [];
    }
  }
  decoder.push(new Uint8Array(0), true);
  yield* ready;
}

export const zstdContainer: Container = {
  name: 'zstd',
  detect(head) {
    const magic = head.length >= 8 ? u32(head, 0) : 0;
    return magic === ZSTD_MAGIC || isSkippable(magic);
  },
  open(source, { options }) {
    if (largestWindow(source) > MAX_WINDOW)
      throw new UserError(
        `${source.name}: zstd data that takes more than 128 MiB of memory to unpack`,
        'unpack it with zstd -d --long=31, and open the result',
      );
    return spool(source, 'zstd', unzstd(source, options), options);
  },
};
