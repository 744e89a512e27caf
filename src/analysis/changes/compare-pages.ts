/**
 * Changed memory by its owners: which process's mapping, which module, or what else the kernel uses the pages for, with how
 * many of them changed. For what is in them see `changedBytes`.
 */
import { changedFrames } from '../../memory/changed-frames.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { type PageUse, pageUse } from '../../objects/linux/page-use.js';
import { inText } from '../../objects/linux/symbolize.js';
import { pageOwners } from '../../objects/page-owners.js';

export interface OwnedChange {
  /** `kernel text` and `module text` hold their functions; `other`: nobody's name is on it. */
  readonly kind: 'process' | 'module' | 'module text' | 'kernel' | 'kernel text' | PageUse['kind'] | 'other';
  readonly owner: string;
  readonly pid: number | undefined;
  readonly frames: readonly number[];
}

/**
 * @param kernel the kernel in `after`; undefined when there is none: all pages are then `other`
 */
export function comparePages(
  before: PhysicalMemory,
  after: PhysicalMemory,
  kernel: LinuxKernel | undefined,
): OwnedChange[] {
  const found = new Map<string, OwnedChange & { readonly frames: number[] }>();
  for (const frame of [...changedFrames(before, after)]) {
    for (const owner of kernel === undefined ? [OTHER] : ownersOf(kernel, frame)) {
      const key = `${owner.kind}/${owner.pid}/${owner.owner}`;
      const known = found.get(key) ?? { ...owner, frames: [] };
      known.frames.push(frame);
      found.set(key, known);
    }
  }
  return [...found.values()].sort((a, b) => b.frames.length - a.frames.length);
}

type Owner = Omit<OwnedChange, 'frames'>;

const OTHER: Owner = { kind: 'other', owner: 'no name', pid: undefined };

function ownersOf(kernel: LinuxKernel, frame: number): Owner[] {
  const owners = pageOwners(kernel).get(frame);
  if (owners !== undefined) {
    const named = owners.map(({ pid, name, address }): Owner => {
      if (pid !== undefined) return { kind: 'process', owner: name, pid };
      const kind = name === 'kernel' ? 'kernel' : 'module';
      return { kind: inText(kernel, address) ? `${kind} text` : kind, owner: name, pid };
    });
    return [...new Map(named.map((owner) => [`${owner.kind}/${owner.pid}/${owner.owner}`, owner])).values()];
  }
  const use = pageUse(kernel, frame);
  return use === undefined ? [OTHER] : [{ pid: undefined, ...use }];
}
