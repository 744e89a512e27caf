/**
 * Random access to the bytes of a file, a decompressed stream or a buffer: what every format reader reads from.
 *
 * Not guest memory: a `ByteSource` knows offsets, and a format turns it into `PhysicalMemory`.
 */

export interface ByteSource {
  /** What messages call it: a path, or "path (inside gzip)". */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Copies from `offset` into `target` and returns how many bytes were there: fewer than asked only at the end of
   * the source. Throws `UserError` when the operating system cannot read the file.
   */
  read(offset: number, target: Uint8Array): number;
  close(): void;
}
