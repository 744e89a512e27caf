/**
 * Reads the kernel image by virtual address before there is an address space: the image lies contiguously in physical
 * memory, so one subtraction translates it.
 *
 * Only for what the linker laid out (text, rodata, data, bss): not for the direct map, vmalloc or modules.
 */
import type { PhysicalMemory } from '../../memory/physical-memory.js';

export class KernelImage {
  readonly memory: PhysicalMemory;
  readonly pointerSize: 4 | 8;
  /** Virtual minus physical address. */
  readonly slide: bigint;

  constructor(memory: PhysicalMemory, pointerSize: 4 | 8, slide: bigint) {
    this.memory = memory;
    this.pointerSize = pointerSize;
    this.slide = slide;
  }

  /** Physical address of `address`; undefined when it would lie outside of this memory. */
  physical(address: bigint): number | undefined {
    const physical = address - this.slide;
    return physical >= 0n && physical < BigInt(this.memory.end) ? Number(physical) : undefined;
  }

  virtual(physical: number): bigint {
    return BigInt(physical) + this.slide;
  }

  /** The bytes at `address`: as many of `length` as can be read, perhaps none. */
  bytes(address: bigint, length: number): Buffer {
    const at = this.physical(address);
    if (at === undefined) return Buffer.alloc(0);
    // Never more than the memory could hold, whatever length the guest's data asks for.
    const target = Buffer.allocUnsafe(Math.min(length, this.memory.end - at));
    return target.subarray(0, this.memory.read(at, target));
  }

  u32(address: bigint): number | undefined {
    const bytes = this.bytes(address, 4);
    return bytes.length === 4 ? bytes.readUInt32LE() : undefined;
  }

  pointer(address: bigint): bigint | undefined {
    const bytes = this.bytes(address, this.pointerSize);
    if (bytes.length < this.pointerSize) return undefined;
    return this.pointerSize === 8 ? bytes.readBigUInt64LE() : BigInt(bytes.readUInt32LE());
  }

  /** The NUL-terminated text at `address`, cut at `limit` bytes. */
  text(address: bigint, limit: number): string {
    const bytes = this.bytes(address, limit);
    const end = bytes.indexOf(0);
    return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
  }
}
