/**
 * Writes program databases: type records and symbols as they are described, in the streams of an MSF 7 file whose blocks
 * are dealt out in an order of their own. Written from the format's published description; knows nothing of src.
 */
import { ByteWriter } from './byte-writer.js';

export interface PdbMember {
  readonly name: string;
  /** Index of a built-in type or of a record. */
  readonly type: number;
  readonly offset: number;
}

export interface PdbOptions {
  readonly guid?: string;
  readonly age?: number;
  readonly machine?: number;
  readonly blockSize?: number;
  readonly sections?: readonly { readonly name: string; readonly rva: number; readonly size: number }[];
  readonly symbols?: readonly PdbSymbolTruth[];
  /** Sections before the image was rearranged, and where runs of addresses went. */
  readonly omap?: {
    readonly sections: NonNullable<PdbOptions['sections']>;
    readonly moves: readonly (readonly [from: number, to: number])[];
  };
}

export interface PdbSymbolTruth {
  readonly name: string;
  readonly segment: number;
  readonly offset: number;
  readonly kind?: 'public' | 'global' | 'local';
}

const SYMBOL_KINDS = { public: 0x110e, global: 0x110d, local: 0x110c } as const;

export class PdbBuilder {
  readonly #records: Buffer[] = [];
  readonly #ids: Buffer[] = [];

  /** Adds a type record; its index. */
  record(leaf: number, write: (body: ByteWriter) => void): number {
    return this.#add(this.#records, leaf, write);
  }

  /** Adds an id record; its index among these. */
  id(leaf: number, write: (body: ByteWriter) => void): number {
    return this.#add(this.#ids, leaf, write);
  }

  #add(records: Buffer[], leaf: number, write: (body: ByteWriter) => void): number {
    const body = new ByteWriter();
    write(body);
    // Records are padded to four bytes, with bytes that say how many are left.
    for (let left = (4 - ((body.length + 4) % 4)) % 4; left > 0; left--) body.u8(0xf0 + left);
    records.push(
      new ByteWriter()
        .u16(body.length + 2, leaf)
        .bytes(body.done())
        .done(),
    );
    return 0x1000 + records.length - 1;
  }

  /** @param perList members a list, each but the last naming the next, as compilers split lists beyond 64 KiB */
  fieldList(members: readonly PdbMember[], perList = members.length || 1): number {
    let next: number | undefined;
    for (let start = Math.floor(Math.max(0, members.length - 1) / perList) * perList; start >= 0; start -= perList) {
      const following = next;
      next = this.record(0x1203, (body) => {
        for (const { name, type, offset } of members.slice(start, start + perList)) {
          numeric(body.u16(0x150d, 3).u32(type), offset).text(`${name}\0`);
          padField(body);
        }
        if (following !== undefined) body.u16(0x1404, 0).u32(following);
      });
    }
    return next ?? this.record(0x1203, () => {});
  }

  struct(name: string, size: number, members: readonly PdbMember[], perList?: number): number {
    const fields = this.fieldList(members, perList);
    return this.record(0x1505, (body) =>
      numeric(body.u16(members.length, 0).u32(fields, 0, 0), size).text(`${name}\0`),
    );
  }

  union(name: string, size: number, members: readonly PdbMember[]): number {
    const fields = this.fieldList(members);
    return this.record(0x1506, (body) => numeric(body.u16(members.length, 0).u32(fields), size).text(`${name}\0`));
  }

  forward(name: string): number {
    return this.record(0x1505, (body) => numeric(body.u16(0, 0x80).u32(0, 0, 0), 0).text(`${name}\0`));
  }

  enum(name: string, underlying: number, constants: Readonly<Record<string, number | bigint>>): number {
    const fields = this.record(0x1203, (body) => {
      for (const [constant, value] of Object.entries(constants)) {
        numeric(body.u16(0x1502, 3), value).text(`${constant}\0`);
        padField(body);
      }
    });
    return this.record(0x1507, (body) =>
      body.u16(Object.keys(constants).length, 0).u32(underlying, fields).text(`${name}\0`),
    );
  }

  pointer(type: number, size: 4 | 8): number {
    return this.record(0x1002, (body) => body.u32(type, (size << 13) | (size === 8 ? 0xc : 0xa)));
  }

  array(element: number, bytes: number): number {
    return this.record(0x1503, (body) => numeric(body.u32(element, 0x23), bytes).text('\0'));
  }

  bitField(type: number, length: number, position: number): number {
    return this.record(0x1205, (body) => body.u32(type).u8(length, position));
  }

  modifier(type: number): number {
    return this.record(0x1001, (body) => body.u32(type).u16(1));
  }

  procedure(): number {
    const list = this.record(0x1201, (body) => body.u32(0));
    return this.record(0x1008, (body) => body.u32(3).u8(0, 0).u16(0).u32(list));
  }

  build(options: PdbOptions = {}): Buffer {
    const { age = 1, machine = 0x8664, symbols = [], sections = [], omap } = options;
    const streams: (Buffer | undefined)[] = [Buffer.alloc(0), info(options.guid, age), this.#types(this.#records)];
    // Debug header and types of ids come before what they refer to: numbers of streams are given here.
    const [records, sectionHeaders, map, originals] = [5, 6, 7, 8];
    const extra = Array<number>(11).fill(0xffff);
    extra[5] = sectionHeaders;
    if (omap !== undefined) [extra[4], extra[10]] = [map, originals];
    streams.push(
      debug(age, machine, records, extra),
      this.#types(this.#ids),
      symbolRecords(symbols),
      headers(sections),
    );
    if (omap !== undefined) {
      const moves = new ByteWriter();
      for (const [from, to] of omap.moves) moves.u32(from, to);
      streams.push(moves.done(), headers(omap.sections));
    }
    return container(streams, options.blockSize ?? 1024);
  }

  #types(records: readonly Buffer[]): Buffer {
    const bytes = Buffer.concat(records);
    const writer = new ByteWriter().u32(20_040_203, 56, 0x1000, 0x1000 + records.length, bytes.length);
    // No hash stream; sizes of a hash and of the table of buckets, and three empty extents.
    writer.u16(0xffff, 0xffff).u32(4, 0x3ffff, 0, 0, 0, 0, 0, 0);
    return writer.bytes(bytes).done();
  }
}

function numeric(body: ByteWriter, value: number | bigint): ByteWriter {
  if (value >= 0 && value < 0x8000) return body.u16(Number(value));
  if (value < 0 && value >= -(2 ** 31)) return body.u16(0x8003).u32(Number(BigInt.asUintN(32, BigInt(value))));
  if (value >= 0 && value < 2 ** 32) return body.u16(0x8004).u32(Number(value));
  return body.u16(value < 0 ? 0x8009 : 0x800a).u64(value);
}

/** Fields begin at multiples of four. */
function padField(body: ByteWriter): void {
  for (let left = (4 - (body.length % 4)) % 4; left > 0; left--) body.u8(0xf0 + left);
}

function info(guid = '00112233445566778899AABBCCDDEEFF', age: number): Buffer {
  const raw = Buffer.from(guid, 'hex');
  const parts = [raw.subarray(0, 4), raw.subarray(4, 6), raw.subarray(6, 8)].map((part) => Buffer.from(part).reverse());
  const writer = new ByteWriter().u32(20_000_404, 0x5e00_0000, age);
  for (const part of [...parts, raw.subarray(8)]) writer.bytes(part);
  // No named streams: an empty string table and an empty hash table; then the feature that says there is IPI.
  return writer.u32(0, 0, 1, 0, 0, 20_140_508).done();
}

/** An empty table of strings: signature, version, bytes of text, one empty bucket, no names. */
const NO_NAMES = new ByteWriter().u32(0xeffe_effe, 1, 4, 0, 1, 0, 0).done();

function debug(age: number, machine: number, symbols: number, extra: readonly number[]): Buffer {
  const writer = new ByteWriter().u32(0xffff_ffff, 19_990_903, age);
  writer.u16(0xffff, 0x8e1d, 0xffff, 0, symbols, 0).u32(0, 0, 0, 4, 0, 0, extra.length * 2, NO_NAMES.length);
  // Behind the header: of source files that there are no modules and no files, then the empty table, then the streams.
  writer
    .u16(0, machine)
    .u32(0, 0)
    .bytes(NO_NAMES)
    .u16(...extra);
  return writer.done();
}

function symbolRecords(symbols: readonly PdbSymbolTruth[]): Buffer {
  const writer = new ByteWriter();
  for (const { name, segment, offset, kind = 'public' } of symbols) {
    const body = new ByteWriter()
      .u16(SYMBOL_KINDS[kind])
      .u32(kind === 'public' ? 0 : 0x74, offset)
      .u16(segment)
      .text(`${name}\0`);
    body.zeros((4 - ((body.length + 2) % 4)) % 4);
    writer.u16(body.length).bytes(body.done());
  }
  return writer.done();
}

function headers(sections: NonNullable<PdbOptions['sections']>): Buffer {
  const writer = new ByteWriter();
  for (const { name, rva, size } of sections) writer.text(name, 8).u32(size, rva, size, 0).zeros(12).u32(0x6000_0020);
  return writer.done();
}

/** The file: superblock, two free-block maps, then all blocks of all streams, every second one from the end. */
function container(streams: readonly (Buffer | undefined)[], blockSize: number): Buffer {
  const count = (size: number) => Math.ceil(size / blockSize);
  const dataBlocks = streams.reduce((sum, stream) => sum + count(stream?.length ?? 0), 0);
  const order = Array.from({ length: dataBlocks }, (_, index) => index + 3);
  const dealt = order.map(
    (_, index) => (index % 2 === 0 ? order[index / 2] : order[dataBlocks - (index + 1) / 2]) as number,
  );
  const blocks = new Map<number, Buffer>();
  const directory = new ByteWriter().u32(streams.length, ...streams.map((stream) => stream?.length ?? 0xffff_ffff));
  for (const stream of streams) {
    for (let at = 0; at < (stream?.length ?? 0); at += blockSize) {
      const block = dealt.shift() as number;
      blocks.set(block, (stream as Buffer).subarray(at, at + blockSize));
      directory.u32(block);
    }
  }
  const directoryBytes = directory.done();
  const directoryBlocks = Array.from({ length: count(directoryBytes.length) }, (_, index) => dataBlocks + 3 + index);
  directoryBlocks.forEach((block, index) => {
    blocks.set(block, directoryBytes.subarray(index * blockSize, (index + 1) * blockSize));
  });
  const mapBlock = dataBlocks + 3 + directoryBlocks.length;
  blocks.set(mapBlock, new ByteWriter().u32(...directoryBlocks).done());
  const out = Buffer.alloc((mapBlock + 1) * blockSize);
  out.write('Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0', 'latin1');
  [blockSize, 1, mapBlock + 1, directoryBytes.length, 0, mapBlock].forEach((value, index) => {
    out.writeUInt32LE(value, 32 + index * 4);
  });
  for (const [block, bytes] of blocks) bytes.copy(out, block * blockSize);
  return out;
}
