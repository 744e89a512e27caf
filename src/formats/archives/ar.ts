/**
 * The members of an `ar` archive: Debian packages are one of three.
 *
 * Source: deb(5), ar(5). Long names (System V's and BSD's extensions) do not occur in packages and are not resolved.
 */
import type { ByteSource } from '../byte-source.js';
import { partSource } from '../sources/part-source.js';
import { readBytes } from '../sources/read-bytes.js';

const MAGIC = '!<arch>\n';
const HEADER_BYTES = 60;
const MAX_MEMBERS = 1000;

export function isAr(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/** The members in order, named as the archive names them. Ends where the archive does, or stops making sense. */
export function* arMembers(source: ByteSource): Generator<ByteSource> {
  let at = MAGIC.length;
  for (let count = 0; count < MAX_MEMBERS; count++) {
    const header = Buffer.from(readBytes(source, at, HEADER_BYTES)).toString('latin1');
    const size = Number(header.slice(48, 58).trim());
    if (header.length < HEADER_BYTES || !header.endsWith('`\n') || !Number.isSafeInteger(size) || size < 0) return;
    const name = header.slice(0, 16).trim().replace(/\/$/, '');
    yield partSource(source, `${name} in ${source.name}`, at + HEADER_BYTES, size);
    at += HEADER_BYTES + size + (size % 2);
  }
}
