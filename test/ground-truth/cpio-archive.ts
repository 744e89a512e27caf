/** The files of a cpio archive in the "newc" form (Documentation/driver-api/early-userspace/buffer-format.rst): an initrd. */

const HEADER = 110;
const MAGIC = '070701';

/** Regular files by path. Throws on anything that is no newc archive. */
export function cpioFiles(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const field = (at: number, number: number) =>
    Number.parseInt(archive.toString('latin1', at + 6 + number * 8, at + 14 + number * 8), 16);
  const aligned = (offset: number) => (offset + 3) & ~3;
  for (let at = 0; at + HEADER <= archive.length; ) {
    if (archive.toString('latin1', at, at + 6) !== MAGIC) throw new Error(`cpio: no header at ${at}`);
    const mode = field(at, 1);
    const size = field(at, 6);
    const nameLength = field(at, 11);
    const name = archive.toString('utf8', at + HEADER, at + HEADER + nameLength - 1);
    if (name === 'TRAILER!!!') return files;
    const data = aligned(at + HEADER + nameLength);
    if ((mode & 0xf000) === 0x8000) files.set(`/${name.replace(/^\.?\//, '')}`, archive.subarray(data, data + size));
    at = aligned(data + size);
  }
  throw new Error('cpio: no trailer');
}
