/** Guest RAM as bus masters and boot loaders use it: bounds checked, and the processor is told of every write. */
import type { GuestMemory } from '../devices/device.js';
import type { Placement } from './boot/boot-plan.js';

/** The part of the processor that owns RAM. */
export interface RamOwner {
  readonly ram: Uint8Array;
  noteWritten(address: number, length: number): void;
}

export class GuestRam implements GuestMemory {
  #owner: RamOwner | undefined;

  attach(owner: RamOwner): void {
    this.#owner = owner;
  }

  get length(): number {
    return this.#owner?.ram.length ?? 0;
  }

  read(address: number, target: Uint8Array): boolean {
    if (!this.#contains(address, target.length)) {
      target.fill(0xff);
      return false;
    }
    target.set((this.#owner as RamOwner).ram.subarray(address, address + target.length));
    return true;
  }

  write(address: number, source: Uint8Array): boolean {
    if (!this.#contains(address, source.length)) return false;
    const owner = this.#owner as RamOwner;
    owner.ram.set(source, address);
    owner.noteWritten(address, source.length);
    return true;
  }

  /** What a boot loader places; the caller has checked that it lies in RAM. */
  place({ address, bytes, zeros = 0 }: Placement): void {
    this.write(address, bytes);
    const owner = this.#owner as RamOwner;
    owner.ram.fill(0, address + bytes.length, address + bytes.length + zeros);
    owner.noteWritten(address + bytes.length, zeros);
  }

  #contains(address: number, length: number): boolean {
    return Number.isSafeInteger(address) && address >= 0 && address + length <= this.length;
  }
}
