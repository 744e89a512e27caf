/**
 * A split virtqueue (VIRTIO 1.1, 2.6): takes descriptor chains that the driver made available and gives them back
 * used.
 *
 * All of it is guest memory and none of it is trusted: chains are cut at the queue's size, addresses outside RAM read
 * as nothing. No indirect descriptors and no event index; they are not offered.
 */
import { u16 as readU16, u32 as readU32, u64Number } from '../../../core/bytes.js';
import type { GuestMemory } from '../device.js';
import { flag, type StateOf, u16, wide } from '../state/state-schema.js';

export const QUEUE_MOST = 256;

export const VIRTQUEUE_FIELDS = {
  size: u16(QUEUE_MOST),
  enabled: flag(),
  descriptors: wide(),
  driver: wide(),
  device: wide(),
  /** Next entry of the available ring to take, free-running. */
  taken: u16(),
  /** Next entry of the used ring to fill, free-running. */
  given: u16(),
} as const;

type QueueState = StateOf<typeof VIRTQUEUE_FIELDS>;

const DESCRIPTOR = { next: 1, write: 2 } as const;
const DESCRIPTOR_BYTES = 16;
const NO_INTERRUPT = 1;

export interface Buffer {
  readonly address: number;
  readonly length: number;
}

/** One request: buffers that the device reads, then buffers that it writes. */
export interface Chain {
  readonly head: number;
  readonly readable: readonly Buffer[];
  readonly writable: readonly Buffer[];
}

export class Virtqueue {
  readonly #state: QueueState;
  readonly #memory: GuestMemory;

  constructor(state: QueueState, memory: GuestMemory) {
    this.#state = state;
    this.#memory = memory;
  }

  /** The next available chain, if there is one. */
  take(): Chain | undefined {
    const { size, driver, enabled, taken } = this.#state;
    if (!enabled || size === 0) return undefined;
    const available = this.#readU16(Number(driver) + 2);
    if (available === undefined || available === taken) return undefined;
    const head = this.#readU16(Number(driver) + 4 + (taken % size) * 2);
    this.#state.taken = (taken + 1) & 0xffff;
    return head === undefined ? undefined : this.#follow(head);
  }

  /** Returns a chain with `written` bytes in its writable part; true when the driver wants to be told. */
  give(chain: Chain, written: number): boolean {
    const { size, device, driver, given } = this.#state;
    const entry = new Uint8Array(8);
    const view = new DataView(entry.buffer);
    view.setUint32(0, chain.head, true);
    view.setUint32(4, written, true);
    this.#memory.write(Number(device) + 4 + (given % size) * 8, entry);
    this.#state.given = (given + 1) & 0xffff;
    const index = new Uint8Array(2);
    new DataView(index.buffer).setUint16(0, this.#state.given, true);
    this.#memory.write(Number(device) + 2, index);
    return ((this.#readU16(Number(driver)) ?? 0) & NO_INTERRUPT) === 0;
  }

  #follow(head: number): Chain {
    const { size, descriptors } = this.#state;
    const readable: Buffer[] = [];
    const writable: Buffer[] = [];
    const raw = new Uint8Array(DESCRIPTOR_BYTES);
    let index = head;
    for (let steps = 0; steps < size && index < size; steps++) {
      if (!this.#memory.read(Number(descriptors) + index * DESCRIPTOR_BYTES, raw)) break;
      const flags = readU16(raw, 12);
      const buffer = { address: u64Number(raw, 0), length: readU32(raw, 8) };
      ((flags & DESCRIPTOR.write) !== 0 ? writable : readable).push(buffer);
      if ((flags & DESCRIPTOR.next) === 0) break;
      index = readU16(raw, 14);
    }
    return { head, readable, writable };
  }

  #readU16(address: number): number | undefined {
    const raw = new Uint8Array(2);
    return this.#memory.read(address, raw) ? readU16(raw, 0) : undefined;
  }
}
