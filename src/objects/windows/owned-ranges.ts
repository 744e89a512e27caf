/** What of virtual memory has a name of its own on NT: the user part of processes, the kernel and its drivers. */
import type { OwnedRange } from '../page-owners.js';
import type { WindowsKernel } from './kernel.js';
import { kernelModules, moduleFacts } from './loaded-modules.js';
import { processId, processName } from './process-facts.js';
import { processes } from './processes.js';
import { userEnd } from './user-space.js';

export function* windowsRanges(kernel: WindowsKernel): Generator<OwnedRange> {
  for (const process of processes(kernel)) {
    const space = kernel.processSpace(process);
    if (space === undefined) continue;
    yield { pid: processId(process), name: processName(process) ?? '?', space, start: 0n, end: userEnd(kernel) };
  }
  for (const module of kernelModules(kernel)) {
    const { name, base, size } = moduleFacts(module);
    if (base === undefined || size === undefined) continue;
    yield { pid: undefined, name: name ?? '?', space: kernel.space, start: base, end: base + BigInt(size) };
  }
}
