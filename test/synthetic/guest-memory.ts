/**
 * The physical memory of a synthetic guest, and an allocator over it: objects in the direct map, variables in the kernel
 * image, all written by the names of their members.
 */
import type { Layouts } from './c-layout.js';

const PAGE = 4096;

/** A run of physical memory with the virtual address of its first byte; allocated from front to back. */
class Area {
  next: number;
  readonly end: number;
  readonly slide: bigint;

  constructor(start: number, end: number, slide: bigint) {
    this.next = start;
    this.end = end;
    this.slide = slide;
  }

  take(length: number, alignment: number): number {
    const at = Math.ceil(this.next / alignment) * alignment;
    this.next = at + length;
    if (this.next > this.end) throw new Error('the synthetic guest has no memory left');
    return at;
  }
}

export interface MemoryPlan {
  readonly size: number;
  /** Objects: physical start, and virtual minus physical address. */
  readonly heap: { readonly start: number; readonly end: number; readonly slide: bigint };
  readonly image: { readonly start: number; readonly end: number; readonly slide: bigint };
}

/** Member values by path: numbers, addresses, or text for `char` arrays. */
export type Values = Readonly<Record<string, number | bigint | string>>;

export class GuestMemory {
  readonly bytes: Buffer;
  readonly layouts: Layouts;
  readonly #areas: { readonly heap: Area; readonly image: Area };

  constructor(layouts: Layouts, { size, heap, image }: MemoryPlan) {
    this.bytes = Buffer.alloc(size);
    this.layouts = layouts;
    this.#areas = {
      heap: new Area(heap.start, heap.end, heap.slide),
      image: new Area(image.start, image.end, image.slide),
    };
  }

  /** Physical address of a zeroed page of the heap. */
  takePage(): number {
    return this.#areas.heap.take(PAGE, PAGE);
  }

  /** Places raw bytes and returns their virtual address. */
  place(area: 'heap' | 'image', bytes: Uint8Array, alignment: number = this.layouts.pointerSize): bigint {
    const at = this.#areas[area].take(bytes.length, alignment);
    this.bytes.set(bytes, at);
    return BigInt(at) + this.#areas[area].slide;
  }

  text(value: string): bigint {
    return this.place('heap', Buffer.from(`${value}\0`), 1);
  }

  /** A new structure with these values. */
  make(area: 'heap' | 'image', struct: string, values: Values = {}, alignment = 16): bigint {
    const address = this.place(area, new Uint8Array(this.layouts.struct(struct).size), alignment);
    this.set(address, struct, values);
    return address;
  }

  set(address: bigint, struct: string, values: Values): void {
    for (const [path, value] of Object.entries(values)) {
      const { offset, type } = this.layouts.member(struct, path);
      const at = this.physical(address) + offset;
      if (typeof value === 'string') this.bytes.write(value, at, this.layouts.sizeOf(type) - 1, 'utf8');
      else this.writeInteger(at, this.layouts.sizeOf(type), BigInt(value));
    }
  }

  /** The address of a member. */
  member(address: bigint, struct: string, path: string): bigint {
    return address + BigInt(this.layouts.member(struct, path).offset);
  }

  pointer(address: bigint, value: bigint): void {
    this.writeInteger(this.physical(address), this.layouts.pointerSize, value);
  }

  pointers(area: 'heap' | 'image', values: readonly bigint[]): bigint {
    const size = this.layouts.pointerSize;
    const address = this.place(area, new Uint8Array(values.length * size));
    values.forEach((value, index) => {
      this.pointer(address + BigInt(index * size), value);
    });
    return address;
  }

  /** Links `list_head`s into a ring, the first being the head. */
  ring(heads: readonly bigint[]): void {
    heads.forEach((head, index) => {
      const next = heads[(index + 1) % heads.length] ?? head;
      this.pointer(head, next);
      this.pointer(next + BigInt(this.layouts.pointerSize), head);
    });
  }

  physical(address: bigint): number {
    for (const { slide, end } of Object.values(this.#areas)) {
      const physical = address - slide;
      if (physical >= 0n && physical < BigInt(end)) return Number(physical);
    }
    throw new Error(`${address.toString(16)} is not in the synthetic guest`);
  }

  /** The address in the direct map. */
  virtual(physical: number): bigint {
    return BigInt(physical) + this.#areas.heap.slide;
  }

  writeInteger(at: number, size: number, value: bigint): void {
    for (let i = 0; i < size; i++) this.bytes[at + i] = Number((value >> BigInt(i * 8)) & 0xffn);
  }
}
