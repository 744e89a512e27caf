/**
 * A Linux kernel found in memory: its address space, its profile, and the ways into its data.
 *
 * It knows how to get at structures, not what they mean together: that is `analysis/linux/`. It does not know whether
 * the memory is a file, a snapshot or a running machine.
 */
import { FaultLog } from '../../memory/fault-log.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { LinuxKernelLocation } from '../../profiles/linux/location.js';
import { ProfileGap } from '../../profiles/profile-gap.js';
import type { Field, Profile } from '../../profiles/types.js';
import { fieldAt } from '../field-path.js';
import { readPointer, StructView, type ViewContext } from '../struct-view.js';
import { protNonePage } from './page-entries.js';

export class LinuxKernel implements ViewContext {
  readonly memory: PhysicalMemory;
  readonly location: LinuxKernelLocation;
  readonly profile: Profile;
  readonly faults = new FaultLog();
  /** The kernel's own address space (`init_mm`). */
  readonly space: PagedAddressSpace;
  readonly #fields = new Map<string, Field | null>();
  readonly #spaces = new Map<number, PagedAddressSpace>();
  readonly #memos = new Map<symbol, unknown>();

  constructor(memory: PhysicalMemory, location: LinuxKernelLocation, profile: Profile) {
    this.memory = memory;
    this.location = location;
    this.profile = profile;
    this.space = new PagedAddressSpace('kernel', memory, PAGING_MODES[location.paging], location.dtb, {
      faults: this.faults,
    });
  }

  get is64Bit(): boolean {
    return this.profile.pointerSize === 8;
  }

  /** True from Linux `major.minor` on: `kernel.atLeast(6, 12)`. Prefer `has` on a field where one tells as well. */
  atLeast(major: number, minor: number): boolean {
    const [ours = 0, oursMinor = 0] = this.profile.release.split('.').map((part) => Number.parseInt(part, 10));
    return ours > major || (ours === major && oursMinor >= minor);
  }

  /** The member of a structure, cached, under any of the names it had over the kernel versions. */
  readonly field = (struct: string, path: string): Field | undefined => {
    const key = `${struct}/${path}`;
    let field = this.#fields.get(key);
    if (field === undefined) {
      field = fieldAt(this.profile.types, struct, path) ?? null;
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

  /**
   * The user address space of an `mm_struct`; undefined when its `pgd` is unreadable. Pages that are PROT_NONE but in
   * memory are readable through it. With page-table isolation this is the kernel's full copy of the tables.
   */
  userSpace(mm: StructView, name: string): PagedAddressSpace | undefined {
    const pgd = mm.ptr('pgd');
    const table = pgd === undefined ? undefined : this.space.translate(pgd);
    if (table?.kind !== 'mapped') {
      if (pgd !== undefined) this.faults.note(pgd, this.space.name);
      return undefined;
    }
    let space = this.#spaces.get(table.physical);
    if (space === undefined) {
      space = new PagedAddressSpace(name, this.memory, this.space.mode, table.physical, {
        resolveNonPresent: protNonePage,
        faults: this.faults,
      });
      this.#spaces.set(table.physical, space);
    }
    return space;
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
