/**
 * Images inside gzip (RFC 1952), several members in a row included.
 */
import { pipeline, Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { u16, u32 } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import type { Container, OpenOptions } from '../format.js';
import { readBytes } from '../sources/read-bytes.js';
import { compressedPieces } from './compressed-pieces.js';
import { spool } from './spool.js';

const GZIP_MAGIC = 0x8b1f;
const METHOD_DEFLATE = 8;
const TRAILER_SIZE = 8;

async function* gunzip(source: ByteSource, options: OpenOptions): AsyncGenerator<Uint8Array, void, undefined> {
  // Z_SYNC_FLUSH at the end instead of Z_FINISH: a truncated file then gives all that it holds, and ends without an error.
  const unzip = createGunzip({ chunkSize: 256 * 1024, finishFlush: constants.Z_SYNC_FLUSH });
  const input = Readable.from(compressedPieces(source, options), { objectMode: false });
  let size = 0;
  // The iteration below gets the errors; pipeline wants a callback all the same.
  for await (const piece of pipeline(input, unzip, () => {})) {
    size += (piece as Uint8Array).length;
    yield piece as Uint8Array;
  }
  // ISIZE, the last field, is the length of the last member modulo 2^32.
  const trailer = readBytes(source, source.size - TRAILER_SIZE, TRAILER_SIZE);
  if (trailer.length < TRAILER_SIZE || size % 2 ** 32 !== u32(trailer, 4)) throw new Error('unexpected end of file');
}

export const gzipContainer: Container = {
  name: 'gzip',
  detect: (head) => head.length >= 10 && u16(head, 0) === GZIP_MAGIC && head[2] === METHOD_DEFLATE,
  open: (source, { options }) => spool(source, 'gzip', gunzip(source, options), options),
};
