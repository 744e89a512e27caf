/** The name of one directory entry, without the way to it. */
import { utf8Text } from '../../core/bytes.js';
import { readBytes, type StructView } from '../struct-view.js';

/** NAME_MAX is 255 on every file system; made-up files (memfd, anonymous inodes) may have somewhat longer names. */
const MAX_NAME = 1024;

/** The name of a `dentry`: `d_name.len` bytes or up to a NUL, as `d_path` copies it; undefined when unreadable. */
export function dentryName(dentry: StructView): string | undefined {
  const start = dentry.ptr('d_name.name');
  const length = dentry.num('d_name.len');
  if (start === undefined || start === 0n || length === undefined) return undefined;
  const bytes = readBytes(dentry.context, start, Math.min(length, MAX_NAME));
  return bytes && utf8Text(bytes);
}
