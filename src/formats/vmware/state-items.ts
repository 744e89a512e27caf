/** The items of a group in a state file of VMware, by name and indices. What they mean is in `machine-state.ts`. */
import { latin1Text, u16, u32, u64Number } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import { readBytes } from '../sources/read-bytes.js';
import { BLOCK, itemTag, PACKED_BLOCK, stateGroup, stateHeader } from './layout.js';

export interface StateItem {
  readonly name: string;
  readonly indices: readonly number[];
  /** File offset of the value. */
  readonly offset: number;
  readonly size: number;
  /** Bytes that the value takes in the machine, where it is a block. */
  readonly sizeInMemory?: number;
  readonly isPacked?: boolean;
}

/** More than any state has; bounds what a forged one makes us do. */
const MAX_GROUPS = 1024;
const MAX_ITEMS = 1_000_000;
/** Items are read in pieces of this size. */
const PIECE = 64 * 1024;

/** Where the groups of these names begin. */
export function groupPositions(source: ByteSource, names: readonly string[]): Map<string, number> {
  const header = stateHeader.decode(readBytes(source, 0, stateHeader.size));
  const count = Math.min(header?.groupCount ?? 0, MAX_GROUPS);
  const table = readBytes(source, stateHeader.size, count * stateGroup.size);
  const out = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const group = stateGroup.decode(table, index * stateGroup.size);
    if (group !== undefined && names.includes(group.name) && !out.has(group.name)) out.set(group.name, group.position);
  }
  return out;
}

/** The items from `position` on, up to the end of the group, or of what can be understood. */
export function* stateItems(source: ByteSource, position: number): Generator<StateItem> {
  const window = new Window(source);
  let at = position;
  for (let count = 0; count < MAX_ITEMS; count++) {
    const head = window.bytes(at, 2);
    const tag = head === undefined ? 0 : u16(head, 0);
    if (tag === 0) return;
    const nameLength = itemTag.nameLength(tag);
    const indexCount = itemTag.indices(tag);
    const front = window.bytes(at + 2, nameLength + indexCount * 4);
    if (front === undefined) return;
    const name = latin1Text(front.subarray(0, nameLength));
    const indices = Array.from({ length: indexCount }, (_, index) => u32(front, nameLength + index * 4));
    at += 2 + front.length;
    const size = itemTag.valueSize(tag);
    if (size !== BLOCK && size !== PACKED_BLOCK) {
      yield { name, indices, offset: at, size };
      at += size;
      continue;
    }
    const block = window.bytes(at, 18);
    if (block === undefined) return;
    const length = u64Number(block, 0);
    const offset = at + 18 + u16(block, 16);
    yield {
      name,
      indices,
      offset,
      size: length,
      sizeInMemory: u64Number(block, 8),
      isPacked: size === PACKED_BLOCK,
    };
    at = offset + length;
  }
}

/** Small reads from one place on, served from pieces. */
class Window {
  readonly #source: ByteSource;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Undefined where the file ends before. */
  bytes(at: number, length: number): Uint8Array | undefined {
    if (at < this.#start || at + length > this.#start + this.#bytes.length) {
      this.#start = at;
      this.#bytes = readBytes(this.#source, at, PIECE);
    }
    const inside = at - this.#start;
    return inside + length <= this.#bytes.length ? this.#bytes.subarray(inside, inside + length) : undefined;
  }
}
