/**
 * zstd's own decoder (as WebAssembly), loaded when it is needed: one for single pages, one for files.
 *
 * The package reports damage by lengths that make no sense, and a stream by not getting on; this is where that becomes
 * an error.
 */
import { ZSTDDecoder } from 'zstddec';
import { ZSTDDecoder as ZSTDStreamDecoder } from 'zstddec/stream';

/** Calls in a row that may give nothing, as while a block's head is read; a decoder that failed gives nothing for ever. */
const MAX_IDLE_CALLS = 64;

/** Decodes one page: an array of another length than `size` when the data is damaged. */
export type ZstdPageDecoder = (data: Uint8Array, size: number) => Uint8Array;

export async function loadZstdPageDecoder(): Promise<ZstdPageDecoder> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return (data, size) => decoder.decode(data, size);
}

/** Decodes a file given in pieces. Throws an `Error` where the data is damaged, after what came before. */
export async function* decodeZstd(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new ZSTDStreamDecoder();
  await decoder.init();
  let idle = 0;
  try {
    for (const piece of decoder.decodeStreaming(pieces)) {
      idle = piece.length > 0 ? 0 : idle + 1;
      if (idle > MAX_IDLE_CALLS)
        throw new Error('corrupt data, or made to be unpacked with more than 128 MiB of memory');
      if (piece.length > 0) yield piece;
    }
  } catch (cause) {
    throw cause instanceof Error && cause.message.startsWith('Incomplete stream')
      ? new Error('unexpected end of file', { cause })
      : cause;
  }
}
