/** Writes BTF from descriptions, for tests: the other side of the reader, after Linux `Documentation/bpf/btf.rst`. */

export interface BtfRecord {
  readonly name?: string;
  readonly kind: number;
  /** Size in bytes or type id, as the kind has it. */
  readonly value: number;
  readonly kindFlag?: boolean;
  /** vlen, when it is to lie; else the number of elements. */
  readonly count?: number;
  /** Words behind the record; text becomes the offset of a string. */
  readonly trailer?: readonly (number | string)[];
  readonly elementWords?: number;
}

export interface BtfImageOptions {
  /** For split BTF: bytes of the base's strings. */
  readonly stringStart?: number;
}

export function btfImage(records: readonly BtfRecord[], { stringStart = 0 }: BtfImageOptions = {}): Buffer {
  // The first string of a base is the empty one; split BTF uses the base's.
  let strings = stringStart === 0 ? '\0' : '';
  const offsetOf = (text: string): number => {
    if (text === '') return 0;
    const known = `\0${strings}`.indexOf(`\0${text}\0`);
    if (known >= 0) return stringStart + known;
    const at = stringStart + strings.length;
    strings += `${text}\0`;
    return at;
  };
  const words: number[] = [];
  for (const { name = '', kind, value, kindFlag = false, count, trailer = [], elementWords = 0 } of records) {
    const elements = count ?? (elementWords === 0 ? 0 : trailer.length / elementWords);
    words.push(offsetOf(name), ((kindFlag ? 1 << 31 : 0) | (kind << 24) | elements) >>> 0, value);
    for (const word of trailer) words.push(typeof word === 'string' ? offsetOf(word) : word >>> 0);
  }
  const types = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) types.writeUInt32LE(word, index * 4);
  const text = Buffer.from(strings, 'latin1');
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header[2] = 1;
  for (const [index, word] of [24, 0, types.length, types.length, text.length].entries()) {
    header.writeUInt32LE(word, 4 + index * 4);
  }
  return Buffer.concat([header, types, text]);
}

/** Bytes that the strings of a section take. */
export function stringLength(image: Buffer): number {
  return image.readUInt32LE(20);
}
