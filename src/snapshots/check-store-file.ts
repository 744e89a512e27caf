/**
 * Looks at a database file before LMDB maps it: a file that is none, or that was cut short, would take the process down.
 *
 * Source: liblmdb/mdb.c of lmdb-js 3.5, `MDB_meta` and `mdb_env_read_header`.
 */
import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '../core/errors.js';

/** A page's own header, which begins with the transaction that wrote it, and then MDB_meta. */
const MAGIC = { at: 24, value: 0xbeefc0de };
const DATA_VERSION = { at: 28, value: 2 };
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const META_BYTES = 168;
/** `MAX_PAGESIZE`, and the file that 48 bits of address can map. */
const PAGE_SIZES = { least: 256, most: 65_536 };
const MOST_BYTES = 2 ** 47;

/**
 * LMDB itself leaves free pages at the end of a database unwritten: a file that is short by less than this, and by less
 * than a sixteenth, may be whole.
 */
const SHORTFALL = { bytes: 1024 * 1024, part: 1 / 16 };

/**
 * Does nothing when there is no file yet, or nothing in it. A file that is a little short gets zeros at its end: what
 * was lost, if anything was, reads as zeros, which LMDB and the digests of the records tell from what was there.
 * @throws UserError when it is no LMDB database; Error of the system when it may not be opened
 */
export function checkStoreFile(path: string): void {
  const file = openIfThere(path);
  if (file === undefined) return;
  try {
    const first = metaAt(file, 0);
    if (first.length === 0) return;
    const pageSize = first.length < META_BYTES ? 0 : first.readUInt32LE(PAGE_SIZE_AT);
    const isSize = pageSize >= PAGE_SIZES.least && pageSize <= PAGE_SIZES.most;
    const second = isSize ? metaAt(file, pageSize) : Buffer.alloc(0);
    if (!isMeta(first) || !isMeta(second)) {
      throw new UserError(
        `${path} is no snapshot store, or its first pages are damaged`,
        'name another folder with --store, or bring the file back from a copy',
      );
    }
    const last = Math.max(...[first, second].map((meta) => Number(meta.readBigUInt64LE(LAST_PAGE_AT))));
    const wanted = (last + 1) * pageSize;
    if (wanted > MOST_BYTES)
      throw new UserError(`${path} is damaged: it would be too large`, 'bring it back from a copy');
    const { size } = fstatSync(file);
    if (size < wanted - Math.min(SHORTFALL.bytes, wanted * SHORTFALL.part)) {
      throw new UserError(`${path} was cut short: ${size} of ${wanted} bytes are there`, 'bring it back from a copy');
    }
    if (size < wanted) lengthen(path, wanted - size);
  } finally {
    closeSync(file);
  }
}

/** At the end, wherever that is by now: a writer may be at work, and nothing of its must be cut off or written over. */
function lengthen(path: string, bytes: number): void {
  appendFileSync(path, Buffer.alloc(bytes));
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function metaAt(file: number, offset: number): Buffer {
  const bytes = Buffer.alloc(META_BYTES);
  return bytes.subarray(0, readSync(file, bytes, 0, META_BYTES, offset));
}

function isMeta(bytes: Buffer): boolean {
  if (bytes.length < META_BYTES || bytes.readUInt32LE(MAGIC.at) !== MAGIC.value) return false;
  return bytes.readUInt16LE(DATA_VERSION.at) === DATA_VERSION.value;
}
