/** Processes under their parents, each after its parent. */
import type { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { processId } from './process-facts.js';
import { processes } from './processes.js';

export interface PlantedProcess {
  readonly process: StructView;
  readonly depth: number;
}

/** Every process on the list, once; siblings by process id, those without a living parent at the top. */
export function* processForest(kernel: WindowsKernel): Generator<PlantedProcess> {
  const all = [...processes(kernel)].sort((a, b) => (processId(a) ?? 0) - (processId(b) ?? 0));
  const byPid = new Map(all.map((process) => [processId(process), process]));
  const children = new Map<StructView | undefined, StructView[]>();
  for (const process of all) {
    const creator = byPid.get(process.num('InheritedFromUniqueProcessId'));
    const parent = creator !== undefined && isOlder(creator, process) ? creator : undefined;
    children.set(parent, [...(children.get(parent) ?? []), process]);
  }
  // Parents are older than their children, so that there are no circles.
  const pending = (children.get(undefined) ?? []).map((process) => ({ process, depth: 0 })).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    const { process, depth } = next;
    for (const child of (children.get(process) ?? []).toReversed()) pending.push({ process: child, depth: depth + 1 });
  }
}

/** Process ids are used again: a creator that is younger is somebody else. System has no time in 5.x. */
function isOlder(creator: StructView, process: StructView): boolean {
  const [ours, theirs] = [creator, process].map((each) => each.big('CreateTime.QuadPart') ?? 0n) as [bigint, bigint];
  return ours < theirs || (ours === theirs && (processId(creator) ?? 0) < (processId(process) ?? 0));
}
