/** Whose code an address in a process is, by its loader's list. Of the kernel: `module-ranges.ts`. */
import type { WindowsKernel } from './kernel.js';
import { moduleFacts, processModules } from './loaded-modules.js';
import { processEnvironment } from './process-environment.js';
import { processId } from './process-facts.js';
import { processes } from './processes.js';

interface Range {
  readonly name: string | undefined;
  readonly base: bigint;
  readonly end: bigint;
}

/** A function from process id and address to the name of the image there; each process's list is read once. */
export function moduleFinder(kernel: WindowsKernel): (pid: number, address: bigint) => string | undefined {
  const byPid = new Map<number, Range[]>();
  return (pid, address) => {
    let ranges = byPid.get(pid);
    if (ranges === undefined) {
      ranges = [...rangesOf(kernel, pid)];
      byPid.set(pid, ranges);
    }
    return ranges.find(({ base, end }) => address >= base && address < end)?.name;
  };
}

function* rangesOf(kernel: WindowsKernel, pid: number): Generator<Range> {
  for (const process of processes(kernel)) {
    const environment = processId(process) === pid ? processEnvironment(kernel, process) : undefined;
    if (environment === undefined) continue;
    for (const module of processModules(environment)) {
      const { name, base, size } = moduleFacts(module);
      if (base !== undefined && size !== undefined) yield { name, base, end: base + BigInt(size) };
    }
  }
}
