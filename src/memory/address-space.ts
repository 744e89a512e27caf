/**
 * A virtual address space over physical memory: translation and reading.
 *
 * An unreadable address is a value: `read` returns the readable prefix, `translate` says why there is no page.
 */
import type { PhysicalAddress, VirtualAddress } from '../core/address.js';
import type { PhysicalMemory } from './physical-memory.js';

/** Where a virtual address leads, or why it leads nowhere. */
export type Translation =
  | {
      readonly kind: 'mapped';
      readonly physical: PhysicalAddress;
      /** Bytes of the page that maps it: 4 KiB, 2 MiB, 4 MiB or 1 GiB. */
      readonly pageSize: number;
      readonly writable: boolean;
      readonly user: boolean;
      readonly executable: boolean;
      readonly accessed: boolean;
      readonly dirty: boolean;
      /** The leaf entry as it stands in memory. */
      readonly entry: bigint;
    }
  | {
      readonly kind: 'not-mapped';
      /** `empty`: entry 0; `non-present`: an entry the processor ignores (swap, migration, PROT_NONE: the OS layer
       * tells which); `unreadable`: the table page is not in the image; `non-canonical`; `malformed`: reserved bits. */
      readonly reason: 'empty' | 'non-present' | 'unreadable' | 'non-canonical' | 'malformed';
      /** 1 = page table … 5 = PML5; the level whose entry ended the walk. */
      readonly level: number;
      /** The entry that ended the walk, where there was one. */
      readonly entry: bigint;
    };

/** A run of equally mapped virtual addresses, as `mappings()` reports them. */
export interface Mapping {
  readonly start: VirtualAddress;
  /** Exclusive. */
  readonly end: VirtualAddress;
  readonly physical: PhysicalAddress;
  readonly pageSize: number;
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
}

export interface AddressSpace {
  /** "kernel", "pid 1", …: what messages call it. */
  readonly name: string;
  readonly memory: PhysicalMemory;
  /** Bytes of a pointer: 4 or 8. */
  readonly pointerSize: 4 | 8;
  /** Physical address of the top-level table. */
  readonly root: PhysicalAddress;
  translate(address: VirtualAddress): Translation;
  /**
   * The `length` bytes at `address` without copying when one page holds them all (a copy when they cross a page);
   * undefined when any of them is unreadable. Valid until the next call on this space: decode it, don't keep it.
   */
  view(address: VirtualAddress, length: number): Uint8Array | undefined;
  /** Copies from `address` into `target`; returns the length of the readable prefix. Crosses pages. */
  read(address: VirtualAddress, target: Uint8Array): number;
  /** The mapped runs between `start` and `end`, ascending, found by walking the tables (never by probing addresses). */
  mappings(start: VirtualAddress, end: VirtualAddress): Iterable<Mapping>;
}

/** What is enough to read structures by: an address space, or pieces of one that a dump has. */
export type ReadableSpace = Pick<AddressSpace, 'name' | 'pointerSize' | 'view' | 'read'>;
