/**
 * An NT kernel found in memory: its address space, its profile, and the ways into its data.
 *
 * It knows how to get at structures, not what they mean together: that is `analysis/windows/`. It does not know whether
 * the memory is a file, a snapshot or a running machine.
 */
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { fieldResolver } from '../../profiles/resolve-field.js';
import { FIELD_ALTERNATIVES } from '../../profiles/windows/field-alternatives.js';
import type { LoadedWindowsProfile } from '../../profiles/windows/load-profile.js';
import type { WindowsKernelLocation } from '../../profiles/windows/location.js';
import { GuestKernel } from '../guest-kernel.js';
import { StructView } from '../struct-view.js';
import { transitionPage } from './page-entries.js';

const resolveField = fieldResolver(FIELD_ALTERNATIVES);

export class WindowsKernel extends GuestKernel {
  readonly location: WindowsKernelLocation;
  /** The System process. */
  readonly systemProcess: StructView;
  readonly #spaces = new Map<number, PagedAddressSpace>();

  constructor(memory: PhysicalMemory, { location, profile, systemProcess }: LoadedWindowsProfile) {
    super(memory, profile, location.paging, location.dtb, (struct, path) => resolveField(profile.types, struct, path));
    this.location = location;
    this.systemProcess = new StructView(this, '_EPROCESS', systemProcess);
  }

  /** The same kernel in another memory of the machine, where nothing that it was found by has changed. */
  over(memory: PhysicalMemory): WindowsKernel {
    const { location, profile, systemProcess } = this;
    return new WindowsKernel(memory, { location, profile, systemProcess: systemProcess.address });
  }

  /** `19041`; 0 when the image does not say. */
  get buildNumber(): number {
    return Number(this.profile.release.split('.')[2] ?? 0);
  }

  /** True for ReactOS, which has NT 5.2's structures but a memory manager of its own. */
  get isReactOS(): boolean {
    return this.profile.types.struct('_ROS_SECTION_OBJECT') !== undefined;
  }

  /** Physical address of a process's page tables; undefined when unreadable. */
  directoryTable(process: StructView): number | undefined {
    // In 5.x an array of two, of which the second is hyperspace's.
    const [root] = process.pointers('Pcb.DirectoryTableBase', 1) ?? [];
    return root === undefined ? undefined : Number(root);
  }

  /**
   * The address space of a process, its user part included; undefined when its page tables are unreadable or gone (they
   * are when it has exited). Pages in transition, which are still in memory, are readable through it.
   */
  processSpace(process: StructView): PagedAddressSpace | undefined {
    const root = this.directoryTable(process);
    if (root === undefined || root === 0) return undefined;
    let space = this.#spaces.get(root);
    if (space === undefined) {
      const pid = process.num('UniqueProcessId');
      space = new PagedAddressSpace(`pid ${pid}`, this.memory, this.space.mode, root, {
        faults: this.faults,
        // ReactOS keeps swap entries of its own making where NT has pages in transition.
        resolveNonPresent: this.isReactOS ? undefined : transitionPage,
      });
      this.#spaces.set(root, space);
    }
    return space;
  }
}
