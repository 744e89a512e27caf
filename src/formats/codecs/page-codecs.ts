/**
 * How single pages are compressed in dump files: one row a method, all synchronous.
 */
import { inflateSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { uncompress as unsnappy } from 'snappyjs';
import { PAGE_SIZE } from '../../core/address.js';
import { lzo1xDecompress } from './lzo1x.js';

export interface PageCodec {
  readonly name: string;
  /** Fills `page` (4096 bytes) from `data`; false when it is damaged or is not one page. */
  decode(data: Uint8Array, page: Uint8Array): boolean;
}

/** The decoders throw on damaged data, each its own errors, some by running into the end of an array. */
function throwing(name: string, decode: (data: Uint8Array, page: Uint8Array) => Uint8Array): PageCodec {
  return {
    name,
    decode(data, page) {
      let decoded: Uint8Array;
      try {
        decoded = decode(data, page);
      } catch {
        return false;
      }
      if (decoded.length !== PAGE_SIZE) return false;
      if (decoded !== page) page.set(decoded);
      return true;
    },
  };
}

export const pageCodecs = {
  zlib: throwing('zlib', (data) => inflateSync(data, { maxOutputLength: PAGE_SIZE })),
  lzo: { name: 'lzo', decode: (data, page) => lzo1xDecompress(data, page) === PAGE_SIZE },
  snappy: throwing('snappy', (data) => unsnappy(data, PAGE_SIZE)),
  zstd: throwing('zstd', (data, page) => unzstd(data, page)),
} as const satisfies Record<string, PageCodec>;
