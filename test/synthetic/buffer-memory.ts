/** Physical memory that lies in a buffer, one range from address 0. */
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';

const PAGE = 4096;

export class BufferMemory implements PhysicalMemory {
  readonly format = 'buffer';
  readonly registers = [];
  readonly vmcoreinfo = undefined;
  readonly notes = [];
  readonly end: number;
  readonly ranges: PhysicalMemory['ranges'];
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.end = bytes.length;
    this.ranges = [{ start: 0, end: bytes.length }];
  }

  read(address: number, target: Uint8Array): number {
    if (address < 0 || address >= this.end) return 0;
    const part = this.#bytes.subarray(address, address + target.length);
    target.set(part);
    return part.length;
  }

  page(frame: number): Uint8Array | undefined {
    const start = frame * PAGE;
    return frame >= 0 && start + PAGE <= this.end ? this.#bytes.subarray(start, start + PAGE) : undefined;
  }

  close(): void {}
}
