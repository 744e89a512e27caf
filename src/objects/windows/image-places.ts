/** The images that lie in memory by the loaders' lists: of the kernel and of every process, for plugins that look inside. */
import type { AddressSpace } from '../../memory/address-space.js';
import type { WindowsKernel } from './kernel.js';
import { kernelModules, moduleFacts, processModules } from './loaded-modules.js';
import { processEnvironment } from './process-environment.js';
import { processId, processName } from './process-facts.js';
import { processes } from './processes.js';

export interface ImagePlace {
  /** Undefined for images of the kernel. */
  readonly pid: number | undefined;
  readonly process: string | undefined;
  readonly name: string | undefined;
  readonly path: string | undefined;
  readonly base: bigint;
  readonly space: AddressSpace;
}

/** Images of the kernel, unless some processes are asked for, and of the processes for which `wanted` holds. */
export function* imagePlaces(
  kernel: WindowsKernel,
  wanted: (pid: number | undefined) => boolean,
  withKernel: boolean,
): Generator<ImagePlace> {
  if (withKernel) {
    for (const module of kernelModules(kernel)) {
      const { name, path, base } = moduleFacts(module);
      if (base !== undefined && base !== 0n) {
        yield { pid: undefined, process: undefined, name, path, base, space: kernel.space };
      }
    }
  }
  for (const process of processes(kernel)) {
    const pid = processId(process);
    const environment = wanted(pid) ? processEnvironment(kernel, process) : undefined;
    if (environment === undefined) continue;
    for (const module of processModules(environment)) {
      const { name, path, base } = moduleFacts(module);
      if (base === undefined || base === 0n) continue;
      yield { pid, process: processName(process), name, path, base, space: environment.space };
    }
  }
}
