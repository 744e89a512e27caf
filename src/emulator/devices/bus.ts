/**
 * Routes port and memory-mapped accesses to the windows of devices, cutting wide ones to what each device takes.
 * Nothing answers: reads give ones and writes vanish, as on a PC.
 *
 * Knows addresses and no device; the memory map is the machine's (machine/memory-map.ts).
 */
import { InvariantError } from '../../core/errors.js';
import type { AccessSize, Window } from './device.js';

interface Mapping {
  readonly start: number;
  readonly length: number;
  readonly window: Window;
}

/** Takes a mapping away again (a PCI base address register that moves). */
export type Unmap = () => void;

/** Addresses that are remembered at most: a guest may touch all of them. */
const FOUND_MOST = 4096;

const ONES: Readonly<Record<AccessSize, number>> = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff };

export class AddressSpan {
  readonly #name: string;
  readonly #mappings: Mapping[] = [];
  /** What was found at addresses lately: drivers poll the same few ports millions of times. */
  readonly #found = new Map<number, Mapping | undefined>();

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Gives `length` addresses from `start` to `window`. Where mappings overlap the earlier one wins, so a guest that
   * moves a PCI window over another device cannot take it away.
   */
  map(start: number, length: number, window: Window): Unmap {
    if (length <= 0) throw new InvariantError(`${this.#name}: empty window at ${start}`);
    const mapping = { start, length, window };
    this.#mappings.push(mapping);
    this.#found.clear();
    return () => {
      this.#found.clear();
      const index = this.#mappings.indexOf(mapping);
      if (index >= 0) this.#mappings.splice(index, 1);
    };
  }

  /** Whether any device answers at `address`. */
  covers(address: number): boolean {
    return this.#find(address) !== undefined;
  }

  read(address: number, size: AccessSize): number {
    const mapping = this.#find(address);
    if (mapping === undefined && size === 1) return 0xff;
    if (mapping !== undefined && this.#whole(mapping, address, size)) {
      return (mapping.window.read(address - mapping.start, size) & ONES[size]) >>> 0;
    }
    if (mapping === undefined && this.#find(address + size - 1) === undefined) return ONES[size];
    const half = size === 4 ? 2 : 1;
    const low = this.read(address, half);
    return (low | (this.read(address + half, half) << (half * 8))) >>> 0;
  }

  write(address: number, size: AccessSize, value: number): void {
    const mapping = this.#find(address);
    if (mapping !== undefined && this.#whole(mapping, address, size)) {
      mapping.window.write(address - mapping.start, size, (value & ONES[size]) >>> 0);
      return;
    }
    if (size === 1) return;
    const half = size === 4 ? 2 : 1;
    this.write(address, half, value);
    this.write(address + half, half, value >>> (half * 8));
  }

  #whole(mapping: Mapping, address: number, size: AccessSize): boolean {
    return size <= mapping.window.width && address - mapping.start + size <= mapping.length;
  }

  #find(address: number): Mapping | undefined {
    const known = this.#found.get(address);
    if (known !== undefined || this.#found.has(address)) return known;
    if (this.#found.size >= FOUND_MOST) this.#found.clear();
    const mapping = this.#mappings.find(({ start, length }) => address >= start && address < start + length);
    this.#found.set(address, mapping);
    return mapping;
  }
}
