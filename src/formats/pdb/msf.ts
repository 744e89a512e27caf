/** The container of program databases: a file of blocks, in which streams lie scattered. Not what is in the streams. */
import { latin1Text, u32 } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import { readBytes } from '../sources/read-bytes.js';
import { BLOCK_SIZES, MSF_MAGIC, NO_STREAM_SIZE, OLD_MAGIC, superBlock } from './layout.js';

/** Of the largest known databases; bounds what a forged directory makes us do. */
const MAX_STREAMS = 1 << 20;

export const PDB_HINT = 'get the file anew; a whole one comes from `memlapse profile fetch` or the symbol server';

/** True for files that begin like a program database of any version. */
export function isPdb(head: Uint8Array): boolean {
  const text = latin1Text(head.subarray(0, 40));
  return text.startsWith(MSF_MAGIC.slice(0, 26)) || text.startsWith(OLD_MAGIC);
}

export class Msf {
  readonly #source: ByteSource;
  readonly #blockSize: number;
  readonly #streams: readonly { readonly size: number; readonly blocks: readonly number[] }[];

  private constructor(
    source: ByteSource,
    blockSize: number,
    streams: readonly { readonly size: number; readonly blocks: readonly number[] }[],
  ) {
    this.#source = source;
    this.#blockSize = blockSize;
    this.#streams = streams;
  }

  /** Throws `UserError` when the file is no program database of this version, or its directory is damaged or cut off. */
  static open(source: ByteSource): Msf {
    const head = readBytes(source, 0, superBlock.size);
    const text = latin1Text(head.subarray(0, 40));
    if (text.startsWith(OLD_MAGIC)) {
      throw new UserError(
        `${source.name} is a program database of version 2.00, which is not read`,
        'get one that Visual C++ 7 or later wrote',
      );
    }
    const header = superBlock.decode(head);
    if (header === undefined || !text.startsWith(MSF_MAGIC.slice(0, 26)) || !BLOCK_SIZES.includes(header.blockSize)) {
      throw new UserError(`${source.name} is no program database`, PDB_HINT);
    }
    const { blockSize, blockCount, directoryBytes, directoryMap } = header;
    if (blockCount * blockSize > source.size) {
      throw new UserError(
        `${source.name} is cut off: ${source.size} of ${blockCount * blockSize} bytes are there`,
        PDB_HINT,
      );
    }
    const mapBlocks = Math.ceil(directoryBytes / blockSize);
    const map = readBytes(source, directoryMap * blockSize, mapBlocks * 4);
    const damaged = new UserError(`${source.name} has a damaged directory`, PDB_HINT);
    if (map.length < mapBlocks * 4 || directoryBytes > source.size) throw damaged;
    const places = Array.from({ length: mapBlocks }, (_, index) => u32(map, index * 4));
    const directory = gather(source, places, directoryBytes, blockSize);
    const streams = directory && streamsOf(directory, blockSize, source.size);
    if (streams === undefined) throw damaged;
    return new Msf(source, blockSize, streams);
  }

  /** The bytes of a stream; undefined when the file has none of this number, or it lies outside of the file. */
  stream(number: number): Uint8Array | undefined {
    const stream = this.#streams[number];
    return stream && gather(this.#source, stream.blocks, stream.size, this.#blockSize);
  }
}

function streamsOf(directory: Uint8Array, blockSize: number, fileSize: number) {
  if (directory.length < 4) return undefined;
  const count = u32(directory, 0);
  let at = 4 + count * 4;
  if (count > MAX_STREAMS || at > directory.length) return undefined;
  const streams: { size: number; blocks: number[] }[] = [];
  for (let index = 0; index < count; index++) {
    const size = u32(directory, 4 + index * 4);
    const length = size === NO_STREAM_SIZE ? 0 : size;
    const blocks = Math.ceil(length / blockSize);
    if (length > fileSize || at + blocks * 4 > directory.length) return undefined;
    streams.push({
      size: length,
      blocks: Array.from({ length: blocks }, (_, block) => u32(directory, at + block * 4)),
    });
    at += blocks * 4;
  }
  return streams;
}

function gather(
  source: ByteSource,
  blocks: readonly number[],
  size: number,
  blockSize: number,
): Uint8Array | undefined {
  const out = new Uint8Array(size);
  for (const [index, block] of blocks.entries()) {
    const part = out.subarray(index * blockSize, (index + 1) * blockSize);
    if (source.read(block * blockSize, part) !== part.length) return undefined;
  }
  return out;
}
