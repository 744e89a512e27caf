/**
 * A disk: a raw image that is never written, and the guest's writes over it in blocks of 4 KiB. The writes are state
 * of the machine, so snapshots carry them and the image file can be shared.
 */
import type { Device } from '../device.js';
import { blocks, createState, defineState, resetState } from '../state/state-schema.js';

const BLOCK = 4096;
const SCHEMA = defineState(1, { written: blocks(BLOCK) });

/** Synchronous random access to a raw image; `core` byte sources and plain arrays in a wrapper fit. */
export interface BlockSource {
  readonly size: number;
  /** Copies from `offset` into `target` and returns how many bytes were there. */
  read(offset: number, target: Uint8Array): number;
}

export class DiskImage implements Device {
  readonly name: string;
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  /** In bytes. */
  readonly size: number;
  readonly #source: BlockSource;

  constructor(name: string, source: BlockSource) {
    this.name = name;
    this.#source = source;
    this.size = source.size;
  }

  /** A disk knows no reset: what was written stays. */
  reset(): void {}

  /** Back to the image as it is on the host. */
  discardWrites(): void {
    resetState(SCHEMA, this.state);
  }

  /** Fills `target` from `offset`; bytes behind the end read as zero. */
  read(offset: number, target: Uint8Array): void {
    for (const { index, from, at, length } of pieces(offset, target.length)) {
      const part = target.subarray(at, at + length);
      const block = this.state.written.get(index);
      if (block !== undefined) part.set(block.subarray(from, from + length));
      else part.fill(0, this.#source.read(index * BLOCK + from, part));
    }
  }

  write(offset: number, source: Uint8Array): void {
    for (const { index, from, at, length } of pieces(offset, source.length)) {
      let block = this.state.written.get(index);
      if (block === undefined) {
        block = new Uint8Array(BLOCK);
        if (length < BLOCK) this.#source.read(index * BLOCK, block);
        this.state.written.set(index, block);
      }
      block.set(source.subarray(at, at + length), from);
    }
  }
}

function* pieces(
  offset: number,
  length: number,
): Generator<{ index: number; from: number; at: number; length: number }> {
  for (let at = 0; at < length; ) {
    const index = Math.floor((offset + at) / BLOCK);
    const from = (offset + at) % BLOCK;
    const piece = Math.min(BLOCK - from, length - at);
    yield { index, from, at, length: piece };
    at += piece;
  }
}
