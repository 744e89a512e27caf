/** What of virtual memory has a name of its own on Linux: the user part of processes, the kernel image, modules. */
import type { OwnedRange } from '../page-owners.js';
import type { LinuxKernel } from './kernel.js';
import { loadedModules } from './symbolize.js';
import { processes } from './tasks.js';
import { userMemory } from './user-memory.js';

/** Where user addresses end, whatever the paging mode: the canonical hole or the kernel's half. */
export const USER_END = { 4: 0xc000_0000n, 8: 1n << 56n } as const;

export function* linuxRanges(kernel: LinuxKernel): Generator<OwnedRange> {
  for (const task of processes(kernel)) {
    const memory = userMemory(kernel, task);
    if (memory === undefined) continue;
    const { space } = memory;
    yield { pid: task.num('tgid'), name: task.text('comm') ?? '?', space, start: 0n, end: USER_END[space.pointerSize] };
  }
  const { space } = kernel;
  for (const { name, regions } of loadedModules(kernel)) {
    for (const { base, end } of regions) yield { pid: undefined, name, space, start: base, end };
  }
  const base = kernel.address('_stext');
  const end = kernel.address('_end');
  if (base !== undefined && end !== undefined) yield { pid: undefined, name: 'kernel', space, start: base, end };
}
