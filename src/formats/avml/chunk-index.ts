/**
 * Where in an AVML file each chunk of memory is: one pass over the chunk headers, nothing is decompressed.
 */
import type { ByteSource } from '../byte-source.js';
import { MAX_LENGTH_BYTES, snappyLength } from '../codecs/snappy.js';
import { MAX_ADDRESS } from '../image/extents.js';
import { WindowReader } from '../sources/window-reader.js';
import {
  AVML_MAGIC,
  AVML_TRAILER_SIZE,
  AVML_VERSION,
  avmlHeader,
  CHUNK_CHECKSUM_SIZE,
  CHUNK_HEADER_SIZE,
  FIRST_SKIPPABLE,
  MAX_CHUNK_BYTES,
  snappyChunk,
} from './layout.js';

export interface Chunk {
  /** Physical address and length of what is in it. */
  readonly start: number;
  readonly length: number;
  /** File offset and length of its data, without header and checksum. */
  readonly offset: number;
  readonly size: number;
  readonly isCompressed: boolean;
}

/** Type, length, checksum, and the uncompressed length of a compressed chunk. */
const PEEK = CHUNK_HEADER_SIZE + CHUNK_CHECKSUM_SIZE + MAX_LENGTH_BYTES;

/** Chunks hold 64 KiB but for the last of a range; so many small ones are allowed, and one more for each so many bytes. */
const FREE_CHUNKS = 100_000;
const LEAST_AVERAGE = 512;

class ChunkWalker {
  readonly chunks: Chunk[] = [];
  readonly notes: string[] = [];
  readonly #source: ByteSource;
  readonly #reader: WindowReader;
  #at = 0;
  #bytes = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#reader = new WindowReader(source);
  }

  /** Reads one range after the other; false at the end, regular or not. */
  range(): boolean {
    if (this.#at >= this.#source.size) return false;
    const header = avmlHeader.decode(this.#reader.view(this.#at, avmlHeader.size));
    if (!header) return this.#stop(`the file is truncated: it ends inside a range header at offset ${this.#at}`);
    const { magic, version, start, last } = header;
    if (magic !== AVML_MAGIC || version !== AVML_VERSION)
      return this.#stop(`no AVML header at file offset ${this.#at}: what follows is not read`);
    if (last < start || last >= MAX_ADDRESS)
      return this.#stop(
        `the AVML header at file offset ${this.#at} names an impossible range: what follows is not read`,
      );
    this.#at += avmlHeader.size;
    for (let address = start; address <= last; ) {
      const length = this.#chunk(address, last + 1 - address);
      if (length < 0) return false;
      address += length;
    }
    this.#at += AVML_TRAILER_SIZE;
    return true;
  }

  /** Reads one chunk of at most `room` bytes of memory; returns how many it holds, or -1 where reading must stop. */
  #chunk(address: number, room: number): number {
    const peek = this.#reader.view(this.#at, PEEK);
    const type = peek[0] ?? 0;
    const size = (peek[1] ?? 0) | ((peek[2] ?? 0) << 8) | ((peek[3] ?? 0) << 16);
    const chunkStart = this.#at;
    if (peek.length < CHUNK_HEADER_SIZE || chunkStart + CHUNK_HEADER_SIZE + size > this.#source.size) {
      this.#stop(`the file is truncated: memory from 0x${address.toString(16)} on is missing`);
      return -1;
    }
    this.#at += CHUNK_HEADER_SIZE + size;
    if (type >= FIRST_SKIPPABLE) return 0;

    const isCompressed = type === snappyChunk.compressed;
    const data = peek.subarray(CHUNK_HEADER_SIZE + CHUNK_CHECKSUM_SIZE);
    const length = isCompressed ? (snappyLength(data)?.length ?? 0) : size - CHUNK_CHECKSUM_SIZE;
    this.#bytes += length;
    const isSound =
      (isCompressed || type === snappyChunk.stored) &&
      length > 0 &&
      length <= Math.min(room, MAX_CHUNK_BYTES) &&
      this.chunks.length < FREE_CHUNKS + this.#bytes / LEAST_AVERAGE;
    if (!isSound) {
      this.#stop(`damaged snappy chunk at file offset ${chunkStart}: what follows is not read`);
      return -1;
    }
    const offset = chunkStart + CHUNK_HEADER_SIZE + CHUNK_CHECKSUM_SIZE;
    this.chunks.push({ start: address, length, offset, size: size - CHUNK_CHECKSUM_SIZE, isCompressed });
    return length;
  }

  #stop(note: string): false {
    this.notes.push(note);
    return false;
  }
}

/** The chunks in file order, and what was wrong with the file. Damage ends the list. */
export function indexChunks(source: ByteSource): { chunks: Chunk[]; notes: string[] } {
  const walker = new ChunkWalker(source);
  while (walker.range());
  return walker;
}
