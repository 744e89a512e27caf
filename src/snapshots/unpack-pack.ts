/**
 * Unpacks packs into the one buffer that lmdb-js keeps for it. Its `get` makes a buffer for each record, which takes as long
 * as half of the unpacking.
 *
 * lmdb-js does not say when LZ4 finds a record damaged: it prints, and gives what was in the buffer before. So the buffer is
 * marked at each place where a pack may end, and one has been unpacked when the mark at its end is gone.
 */
import { randomBytes } from 'node:crypto';
import type { Transaction } from 'lmdb';
import { InvariantError } from '../core/errors.js';
import { PACK_PAGES, PACKED_PAGE_BYTES } from './page-pack.js';
import type { StoreTables } from './store-database.js';

type Packs = StoreTables['packs'];

/** Of lmdb-js: its own buffer, whose `length` is written over with the record's; records that are as they are on disk are views of that. */
type FastBytes = Uint8Array & { readonly maxLength?: number };
type GetFast = (this: Packs, key: number, options: { readonly transaction?: Transaction }) => FastBytes | undefined;

const MOST_BYTES = PACK_PAGES * PACKED_PAGE_BYTES;
const MARK = randomBytes(16);

/** lmdb-js's buffer, as far as packs reach, where it was last: it moves when a longer record is read. */
let buffer = new Uint8Array(0);

/**
 * The bytes of pack `number`, which hold until anything else is read from a store; undefined when there is none, or it does
 * not unpack. @throws Error of lmdb-js when the database around it is damaged
 */
export function unpackPack(packs: Packs, number: number, transaction?: Transaction): Uint8Array | undefined {
  const getFast = packs.getBinaryFast as GetFast;
  const options = transaction === undefined ? {} : { transaction };
  // Once more where the buffer was too small, and once more where it has moved.
  for (let attempt = 0; attempt < 3; attempt++) {
    for (let end = PACKED_PAGE_BYTES; end <= buffer.length; end += PACKED_PAGE_BYTES) {
      buffer.set(MARK, end - MARK.length);
    }
    const bytes = getFast.call(packs, number, options);
    if (bytes === undefined) return undefined;
    const { length, maxLength } = bytes;
    if (length === 0 || length > MOST_BYTES || length % PACKED_PAGE_BYTES !== 0) return undefined;
    if (maxLength === undefined) return bytes;
    if (bytes.buffer === buffer.buffer && bytes.byteOffset === buffer.byteOffset) {
      return MARK.equals(buffer.subarray(length - MARK.length, length)) ? undefined : buffer.subarray(0, length);
    }
    buffer = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, Math.min(maxLength, MOST_BYTES));
  }
  throw new InvariantError('the buffer of the database moves at each read');
}
