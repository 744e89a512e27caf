/**
 * Files that are recognised only to say what to do with them, instead of taking them for raw memory.
 */

export interface UnsupportedFile {
  readonly name: string;
  /** Bytes at `offset`, one character each. */
  readonly magic: string;
  readonly offset?: number;
  readonly hint: string;
}

const unpack = (tool: string) => `unpack it with ${tool} and open the result`;

/** Magic numbers as in the file(1) database. */
export const unsupportedFiles: readonly UnsupportedFile[] = [
  { name: 'a bzip2 archive', magic: 'BZh', hint: unpack('bzip2 -d') },
  { name: 'an lz4 archive', magic: '\x04\x22\x4d\x18', hint: unpack('lz4 -d') },
  { name: 'an lzop archive', magic: '\x89LZO\0\r\n\x1a\n', hint: unpack('lzop -d') },
  { name: 'an lzip archive', magic: 'LZIP', hint: unpack('lzip -d') },
  { name: 'an lzma archive', magic: '\x5d\x00\x00', hint: unpack('xz --format=lzma -d') },
  { name: 'a snappy stream', magic: '\xff\x06\x00\x00sNaPpY', hint: unpack('snzip -d') },
  { name: 'a 7-Zip archive', magic: '7z\xbc\xaf\x27\x1c', hint: unpack('7z x') },
  { name: 'a zip archive', magic: 'PK\x03\x04', hint: unpack('unzip') },
  { name: 'a RAR archive', magic: 'Rar!\x1a\x07', hint: unpack('unrar') },
  { name: 'a tar archive', magic: 'ustar', offset: 257, hint: unpack('tar -xf') },
  { name: 'an EnCase evidence file', magic: 'EVF\x09\x0d\x0a\xff\x00', hint: 'export it to raw with ewfexport' },
  { name: 'an EnCase evidence file', magic: 'EVF2\x0d\x0a\x81\x00', hint: 'export it to raw with ewfexport' },
];

/** The row that `head` matches, if any. */
export function unsupportedFile(head: Uint8Array): UnsupportedFile | undefined {
  return unsupportedFiles.find(({ magic, offset = 0 }) =>
    [...magic].every((c, i) => head[offset + i] === c.charCodeAt(0)),
  );
}
