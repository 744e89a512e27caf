/**
 * Writes cpio archives in the `newc` format, which is what Linux unpacks as its initial root.
 *
 * Source: Documentation/driver-api/early-userspace/buffer-format.rst. Reading archives is not needed here.
 */

export interface ArchiveEntry {
  /** Path without a leading slash. */
  readonly name: string;
  /** File type and permissions, as in st_mode. */
  readonly mode: number;
  /** Contents of a file, target of a symbolic link. */
  readonly data?: Uint8Array | undefined;
  /** Major and minor number of a device node. */
  readonly device?: readonly [major: number, minor: number];
}

export const FILE = 0x8000;
export const DIRECTORY = 0x4000;
export const CHARACTER_DEVICE = 0x2000;
export const SYMBOLIC_LINK = 0xa000;

const MAGIC = '070701';
const TRAILER = 'TRAILER!!!';
const ALIGNMENT = 4;

/** The archive of `entries`, in order; directories must come before what is in them. */
export function cpioArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  const parts = entries.map((entry, index) => record(entry, index + 1));
  parts.push(record({ name: TRAILER, mode: 0 }, 0));
  return Buffer.concat(parts);
}

function record({ name, mode, data = new Uint8Array(), device = [0, 0] }: ArchiveEntry, inode: number): Buffer {
  const path = Buffer.from(`${name}\0`);
  const links = 1;
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, ...device, path.length, 0];
  const header = Buffer.from(MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join(''));
  return Buffer.concat([padded(Buffer.concat([header, path])), padded(data)]);
}

function padded(bytes: Uint8Array): Uint8Array {
  const missing = (ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT;
  return missing === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(missing)]);
}
