/**
 * How single pages are compressed in dump files: one row a method, all synchronous.
 */
import { inflateSync } from 'node:zlib';
import { PAGE_SIZE } from '../../core/address.js';
import { lzo1xDecompress } from './lzo1x.js';
import { snappyDecompress } from './snappy.js';
import type { ZstdPageDecoder } from './zstd-decoder.js';

/** Fills `page` (4096 bytes) from `data`; false when it is damaged or is not one page. */
export type PageCodec = (data: Uint8Array, page: Uint8Array) => boolean;

function unzlib(data: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(data, { maxOutputLength: PAGE_SIZE });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    // Z_DATA_ERROR, Z_BUF_ERROR and the like, or more than one page.
    if (code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw cause;
  }
}

function filled(decoded: Uint8Array | undefined, page: Uint8Array): boolean {
  if (decoded?.length !== PAGE_SIZE) return false;
  page.set(decoded);
  return true;
}

export const zlibPage: PageCodec = (data, page) => filled(unzlib(data), page);
export const lzoPage: PageCodec = (data, page) => lzo1xDecompress(data, page) === PAGE_SIZE;
export const snappyPage: PageCodec = (data, page) => snappyDecompress(data, page) === PAGE_SIZE;
export const zstdPage =
  (decode: ZstdPageDecoder): PageCodec =>
  (data, page) =>
    filled(decode(data, PAGE_SIZE), page);
