/**
 * A Linux kernel found in memory: its address space, its profile, and the ways into its data.
 *
 * It knows how to get at structures, not what they mean together: that is `analysis/linux/`. It does not know whether
 * the memory is a file, a snapshot or a running machine.
 */
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { LinuxKernelLocation } from '../../profiles/linux/location.js';
import { resolveField } from '../../profiles/linux/resolve-field.js';
import type { Profile } from '../../profiles/types.js';
import { GuestKernel } from '../guest-kernel.js';
import type { StructView } from '../struct-view.js';
import { protNonePage } from './page-entries.js';

export class LinuxKernel extends GuestKernel {
  readonly location: LinuxKernelLocation;
  readonly #spaces = new Map<number, PagedAddressSpace>();

  constructor(memory: PhysicalMemory, location: LinuxKernelLocation, profile: Profile) {
    super(memory, profile, location.paging, location.dtb, (struct, path) => resolveField(profile.types, struct, path));
    this.location = location;
  }

  /** The same kernel in another memory of the machine, where nothing that it was found by has changed. */
  over(memory: PhysicalMemory): LinuxKernel {
    return new LinuxKernel(memory, this.location, this.profile);
  }

  /** True from Linux `major.minor` on: `kernel.atLeast(6, 12)`. Prefer `has` on a field where one tells as well. */
  atLeast(major: number, minor: number): boolean {
    const [ours = 0, oursMinor = 0] = this.profile.release.split('.').map((part) => Number.parseInt(part, 10));
    return ours > major || (ours === major && oursMinor >= minor);
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
}
