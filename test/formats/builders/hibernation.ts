/** Writes hibernation files from the descriptions of their headers, tables and sets. Knows nothing of src. */
import { ByteWriter } from './byte-writer.js';
import type { GuestRange } from './guest.js';
import { packXpress, packXpressHuffman } from './xpress.js';

const PAGE = 4096;
const PER_SET = 16;

interface Page {
  readonly frame: number;
  readonly bytes: Buffer;
}

const pagesOf = (guest: readonly GuestRange[]): Page[] =>
  guest.flatMap(({ start, bytes }) =>
    Array.from({ length: bytes.length / PAGE }, (_, index) => ({
      frame: start / PAGE + index,
      bytes: bytes.subarray(index * PAGE, (index + 1) * PAGE),
    })),
  );

/** Headers of Windows 8 and later: length, and where the fields are. */
export const SET_HEADERS = {
  '8.1 x64': { length: 0x360, word: 8, loaderPages: 0x58, boot: 0x60, kernel: 0x68, kernelPages: 0x1c8 },
  '10 19041 x64': { length: 0x3e0, word: 8, loaderPages: 0x58, boot: 0x68, kernel: 0x70, kernelPages: 0x230 },
  '11 26100 x64': { length: 0x4d8, word: 8, loaderPages: 0x58, boot: 0x68, kernel: 0x70, kernelPages: 0x230 },
  '10 19041': { length: 0x340, word: 4, loaderPages: 0x48, boot: 0x50, kernel: 0x54, kernelPages: 0x210 },
} as const;

/** The first ranges are the boot loader's run, the others the kernel's; each set packed in another way. */
export function buildCompressionSets(
  boot: readonly GuestRange[],
  kernel: readonly GuestRange[],
  version: keyof typeof SET_HEADERS,
  signature = 'HIBR',
): Buffer {
  const at = SET_HEADERS[version];
  const [first, second] = [run(pagesOf(boot), at.word), run(pagesOf(kernel), at.word)];
  const secondAt = 1 + Math.ceil(first.length / PAGE);
  const head = Buffer.alloc(PAGE);
  head.write(signature, 0, 'latin1');
  head.writeUInt32LE(at.length, 0xc);
  head.writeBigUInt64LE(BigInt(pagesOf(boot).length), at.loaderPages);
  head.writeBigUInt64LE(BigInt(pagesOf(kernel).length), at.kernelPages);
  // The fields of 32-bit headers lie side by side: the narrow ones after the wide ones that overlap them.
  for (const [offset, page] of [
    [at.boot, 1],
    [at.kernel, secondAt],
  ] as const) {
    if (at.word === 8) head.writeBigUInt64LE(BigInt(page), offset);
    else head.writeUInt32LE(page, offset);
  }
  return Buffer.concat([head, first, Buffer.alloc((secondAt - 1) * PAGE - first.length), second]);
}

function run(pages: readonly Page[], word: 4 | 8): Buffer {
  const writer = new ByteWriter();
  for (let start = 0, set = 0; start < pages.length; start += PER_SET, set++) {
    const members = pages.slice(start, start + PER_SET);
    const descriptors: { frame: number; count: number }[] = [];
    for (const { frame } of members) {
      const last = descriptors.at(-1);
      if (last !== undefined && last.frame + last.count === frame) last.count++;
      else descriptors.push({ frame, count: 1 });
    }
    const plain = Buffer.concat(members.map(({ bytes }) => bytes));
    const packed = set % 3 === 0 ? packXpressHuffman(plain) : set % 3 === 1 ? packXpress(plain) : plain;
    // What does not get smaller is stored.
    const stored = packed.length >= plain.length;
    const data = stored ? plain : packed;
    writer.u32((((set % 3 === 0 && !stored ? 1 : 0) << 31) | (data.length << 8) | descriptors.length) >>> 0);
    for (const { frame, count } of descriptors) {
      const value = (BigInt(frame) << 4n) | BigInt(count - 1);
      if (word === 8) writer.u64(value);
      else writer.u32(Number(value));
    }
    writer.bytes(data);
  }
  return writer.done();
}

/** Headers and tables of XP to 7. */
export const TABLE_HEADERS = {
  XP: { length: 0xa8, word: 4, first: 0x58, next: 4, count: 0xc, ranges: 0x10, size: 0x10, start: 4, end: 8 },
  Vista: { length: 0xe0, word: 4, first: 0x50, next: 4, count: 0xc, ranges: 0x10, size: 0x10, start: 4, end: 8 },
  'Vista SP2': { length: 0xf0, word: 4, first: 0x50, next: 4, count: 8, ranges: 0xc, size: 8, start: 0, end: 4 },
  '7': { length: 0xe0, word: 4, first: 0x4c, next: 0, count: 4, ranges: 8, size: 8, start: 0, end: 4 },
  '7 x64': { length: 0x128, word: 8, first: 0x60, next: 0, count: 8, ranges: 0x10, size: 0x10, start: 0, end: 8 },
  '2003 x64': {
    length: 0xc0,
    word: 8,
    first: 0x68,
    next: 8,
    count: 0x14,
    ranges: 0x20,
    size: 0x20,
    start: 8,
    end: 0x10,
  },
} as const;

/** @param ranges pages as they are listed: each entry becomes one of the table's; a table that is full leads to the next */
export function buildRangeTables(
  guest: readonly GuestRange[],
  version: keyof typeof TABLE_HEADERS,
  signature = 'hibr',
): Buffer {
  const at = TABLE_HEADERS[version];
  const room = Math.floor((PAGE - at.ranges) / at.size);
  const writer = new ByteWriter();
  const head = Buffer.alloc(PAGE);
  head.write(signature, 0, 'latin1');
  head.writeUInt32LE(at.length, 0xc);
  const word = (target: Buffer, offset: number, value: number) =>
    at.word === 8 ? target.writeBigUInt64LE(BigInt(value), offset) : target.writeUInt32LE(value, offset);
  word(head, at.first, 3);
  // The processor's state and free maps lie between.
  writer.bytes(head).zeros(2 * PAGE);
  const tables: { at: number; bytes: Buffer }[] = [];
  for (let start = 0; start < guest.length; start += room) {
    const members = guest.slice(start, start + room);
    writer.align(PAGE);
    const table = Buffer.alloc(PAGE);
    table.writeUInt32LE(members.length, at.count);
    members.forEach(({ start: address, bytes }, index) => {
      word(table, at.ranges + index * at.size + at.start, address / PAGE);
      word(table, at.ranges + index * at.size + at.end, (address + bytes.length) / PAGE);
    });
    const previous = tables.at(-1);
    if (previous !== undefined) word(previous.bytes, at.next, writer.length / PAGE);
    tables.push({ at: writer.length, bytes: table });
    writer.zeros(PAGE);
    const pages = pagesOf(members);
    for (let page = 0; page < pages.length; page += PER_SET) {
      const plain = Buffer.concat(pages.slice(page, page + PER_SET).map(({ bytes }) => bytes));
      const packed = packXpress(plain);
      const data = packed.length < plain.length || plain.length < PER_SET * PAGE ? packed : plain;
      const header = Buffer.alloc(0x20);
      header.write('\x81\x81xpress', 0, 'latin1');
      header.writeUInt32LE(((data.length - 1) << 10) >>> 0, 8);
      header.writeUInt8(PER_SET - 1, 8);
      writer.bytes(header).bytes(data).align(8);
    }
  }
  const out = writer.done();
  for (const table of tables) table.bytes.copy(out, table.at);
  return out;
}
