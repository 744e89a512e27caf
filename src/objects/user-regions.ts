/** The regions of user memory of each process, of any system: what scanners take for one file each. */
import type { PagedAddressSpace } from '../memory/paged-address-space.js';
import type { GuestKernel } from './guest-kernel.js';
import { LinuxKernel } from './linux/kernel.js';
import { mmAreas } from './linux/mm-areas.js';
import { processes as tasks } from './linux/tasks.js';
import { userMemory } from './linux/user-memory.js';
import { addressRanges } from './windows/address-ranges.js';
import { WindowsKernel } from './windows/kernel.js';
import { processId, processName } from './windows/process-facts.js';
import { processes } from './windows/processes.js';

export interface UserRegion {
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
}

export interface UserProcess {
  readonly pid: number | undefined;
  readonly name: string | undefined;
  readonly space: PagedAddressSpace;
  readonly regions: Iterable<UserRegion>;
}

/** Processes that have user memory; regions are read when they are asked for. */
export function* userProcesses(kernel: GuestKernel): Generator<UserProcess> {
  if (kernel instanceof LinuxKernel) {
    for (const task of tasks(kernel)) {
      const memory = userMemory(kernel, task);
      if (memory === undefined) continue;
      const regions = mmAreas(kernel, memory.mm);
      yield { pid: task.num('tgid'), name: task.text('comm'), space: memory.space, regions };
    }
  }
  if (kernel instanceof WindowsKernel) {
    for (const process of processes(kernel)) {
      const space = kernel.processSpace(process);
      if (space === undefined) continue;
      const regions = addressRanges(kernel, process);
      yield { pid: processId(process), name: processName(process), space, regions };
    }
  }
}
