/**
 * The files in a tar archive, each readable at random where it lies.
 *
 * Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar's long names (type L), which dpkg writes.
 */
import type { ByteSource } from '../byte-source.js';
import { partSource } from '../sources/part-source.js';
import { readBytes } from '../sources/read-bytes.js';

const BLOCK = 512;
/** A kernel's debug package has 4,000. */
const MAX_FILES = 1_000_000;
const MAX_PATH = 4096;
const REGULAR: ReadonlySet<string> = new Set(['0', '\0']);
const LONG_NAME = 'L';

export interface ArchivedFile {
  /** As the archive has it: `./boot/vmlinuz-6.1.0-50-amd64`. */
  readonly path: string;
  readonly content: ByteSource;
}

/** The regular files, in order. Ends where the archive does, or stops making sense. */
export function* tarFiles(source: ByteSource): Generator<ArchivedFile> {
  let at = 0;
  let longName: string | undefined;
  for (let count = 0; count < MAX_FILES; count++) {
    const header = Buffer.from(readBytes(source, at, BLOCK));
    const size = sizeOf(header);
    if (header.length < BLOCK || header[0] === 0 || size === undefined) return;
    const type = String.fromCharCode(header[156] as number);
    const start = at + BLOCK;
    if (type === LONG_NAME) longName = textOf(Buffer.from(readBytes(source, start, Math.min(size, MAX_PATH))));
    else {
      const path = longName ?? pathOf(header);
      if (REGULAR.has(type)) yield { path, content: partSource(source, `${path} in ${source.name}`, start, size) };
      longName = undefined;
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** Octal digits; above 8 GiB a binary number with the top bit set. */
function sizeOf(header: Buffer): number | undefined {
  const field = header.subarray(124, 136);
  if (field.length < 12) return undefined;
  const size =
    ((field[0] as number) & 0x80) === 0 ? Number.parseInt(textOf(field).trim() || '0', 8) : field.readUIntBE(6, 6);
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

function pathOf(header: Buffer): string {
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? textOf(header.subarray(345, 500)) : '';
  const name = textOf(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
