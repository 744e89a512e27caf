/**
 * The kernel's address space with one stretch of it at hand: what lies there is read without a walk through page tables.
 * For scanners, which look at thousands of places in the memory that they just have read.
 */
import type { VirtualAddress } from '../../core/address.js';
import type { AddressSpace, Mapping, Translation } from '../../memory/address-space.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';

const NOTHING = new Uint8Array(0);

export class WindowSpace implements AddressSpace {
  readonly name: string;
  readonly memory: PhysicalMemory;
  readonly pointerSize: 4 | 8;
  readonly root: number;
  readonly #space: AddressSpace;
  #start = 0n;
  #bytes: Uint8Array = NOTHING;

  constructor(space: AddressSpace) {
    this.#space = space;
    this.name = space.name;
    this.memory = space.memory;
    this.pointerSize = space.pointerSize;
    this.root = space.root;
  }

  /** From here on `bytes` are what is at `start`. */
  put(start: VirtualAddress, bytes: Uint8Array): void {
    this.#start = start;
    this.#bytes = bytes;
  }

  translate(address: VirtualAddress): Translation {
    return this.#space.translate(address);
  }

  view(address: VirtualAddress, length: number): Uint8Array | undefined {
    return this.#held(address, length) ?? this.#space.view(address, length);
  }

  read(address: VirtualAddress, target: Uint8Array): number {
    const held = this.#held(address, target.length);
    if (held === undefined) return this.#space.read(address, target);
    target.set(held);
    return target.length;
  }

  mappings(start: VirtualAddress, end: VirtualAddress): Iterable<Mapping> {
    return this.#space.mappings(start, end);
  }

  #held(address: VirtualAddress, length: number): Uint8Array | undefined {
    const at = Number(address - this.#start);
    return at >= 0 && at + length <= this.#bytes.length ? this.#bytes.subarray(at, at + length) : undefined;
  }
}
