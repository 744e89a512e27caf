/**
 * What the kernels of all operating systems have in common once they are found: an address space, a profile, and the
 * ways from names to structures.
 *
 * No knowledge of any one system: that is in `linux/kernel.ts` and `windows/kernel.ts`.
 */
import { FaultLog } from '../memory/fault-log.js';
import { PagedAddressSpace } from '../memory/paged-address-space.js';
import { PAGING_MODES, type PagingModeName } from '../memory/paging-modes.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { ProfileGap } from '../profiles/profile-gap.js';
import type { Field, Profile } from '../profiles/types.js';
import type { FieldResolver } from './field-path.js';
import { readPointer, StructView, type ViewContext } from './struct-view.js';

export abstract class GuestKernel implements ViewContext {
  readonly memory: PhysicalMemory;
  readonly profile: Profile;
  readonly faults = new FaultLog();
  /** The kernel's own address space. */
  readonly space: PagedAddressSpace;
  readonly #resolve: FieldResolver;
  readonly #fields = new Map<string, Field | null>();
  readonly #memos = new Map<symbol, unknown>();

  /** @param resolve finds members under any of the names they had over the system's versions */
  constructor(memory: PhysicalMemory, profile: Profile, paging: PagingModeName, dtb: number, resolve: FieldResolver) {
    this.memory = memory;
    this.profile = profile;
    this.#resolve = resolve;
    this.space = new PagedAddressSpace('kernel', memory, PAGING_MODES[paging], dtb, { faults: this.faults });
  }

  get is64Bit(): boolean {
    return this.profile.pointerSize === 8;
  }

  /** The member of a structure, cached, under any of the names it had over the kernel versions. */
  readonly field = (struct: string, path: string): Field | undefined => {
    const key = `${struct}/${path}`;
    let field = this.#fields.get(key);
    if (field === undefined) {
      field = this.#resolve(struct, path) ?? null;
      this.#fields.set(key, field);
    }
    return field ?? undefined;
  };

  /** Address of a symbol; undefined when this kernel has none of that name. */
  address(symbol: string): bigint | undefined {
    return this.profile.symbols.address(symbol);
  }

  /** Address of a symbol that the analysis cannot do without; throws `ProfileGap`. */
  requireAddress(symbol: string): bigint {
    const address = this.address(symbol);
    if (address === undefined) throw new ProfileGap(`the symbol ${symbol}`, this.profile.release);
    return address;
  }

  struct(type: string, address: bigint): StructView {
    return new StructView(this, type, address);
  }

  /** The global variable `symbol` as a structure; throws `ProfileGap` without the symbol. */
  global(symbol: string, type: string): StructView {
    return new StructView(this, type, this.requireAddress(symbol));
  }

  /** What the global pointer variable `symbol` holds; undefined when unreadable or without the symbol. */
  globalPointer(symbol: string): bigint | undefined {
    const address = this.address(symbol);
    return address === undefined ? undefined : readPointer(this, address);
  }

  /** `count` pointers at `address`; those that cannot be read are 0n. */
  *pointerArray(address: bigint, count: number): Generator<bigint> {
    const size = BigInt(this.profile.pointerSize);
    for (let index = 0n; index < count; index++) yield readPointer(this, address + index * size) ?? 0n;
  }

  /** The same context reading through another address space: views of user structures. */
  within(space: PagedAddressSpace): ViewContext {
    return { space, profile: this.profile, field: this.field, faults: this.faults };
  }

  /** A value derived from this kernel once: maps of inodes, socket peers, slab pages. `key` is private to its maker. */
  memo<T>(key: symbol, make: () => T): T {
    if (!this.#memos.has(key)) this.#memos.set(key, make());
    return this.#memos.get(key) as T;
  }
}
