/** Guest memory in an array. */
import type { GuestMemory } from '../../../src/emulator/devices/device.js';

export class FlatMemory implements GuestMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
  }

  get length(): number {
    return this.bytes.length;
  }

  read(address: number, target: Uint8Array): boolean {
    if (address < 0 || address + target.length > this.length) {
      target.fill(0xff);
      return false;
    }
    target.set(this.bytes.subarray(address, address + target.length));
    return true;
  }

  write(address: number, source: Uint8Array): boolean {
    if (address < 0 || address + source.length > this.length) return false;
    this.bytes.set(source, address);
    return true;
  }
}
