/**
 * Changed memory by its owners: which process's mapping, which module, which slab cache the pages are, with how many of
 * them changed. For what is in them see `changedBytes`.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { changedFrames } from '../../memory/changed-frames.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { directMap } from '../../objects/linux/direct-map.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { cacheOf } from '../../objects/linux/slab.js';
import { pageOwners } from '../../objects/page-owners.js';
import type { StructView } from '../../objects/struct-view.js';

export interface OwnedChange {
  /** `kernel text` and `module text` are what may be executed; `other`: page tables, the page cache, free pages. */
  readonly kind: 'process' | 'module' | 'module text' | 'kernel' | 'kernel text' | 'slab' | 'other';
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

const OTHER: Owner = { kind: 'other', owner: 'not mapped', pid: undefined };

function ownersOf(kernel: LinuxKernel, frame: number): Owner[] {
  const owners = pageOwners(kernel).get(frame);
  if (owners !== undefined) {
    const named = owners.map(({ pid, name, address }): Owner => {
      if (pid !== undefined) return { kind: 'process', owner: name, pid };
      const kind = name === 'kernel' ? 'kernel' : 'module';
      const mapping = kernel.space.translate(address);
      const isText = mapping.kind === 'mapped' && mapping.executable;
      return { kind: isText ? `${kind} text` : kind, owner: name, pid };
    });
    return [...new Map(named.map((owner) => [`${owner.kind}/${owner.pid}/${owner.owner}`, owner])).values()];
  }
  const cache = cacheOf(kernel, directMap(kernel).addressOf(frame * PAGE_SIZE));
  const name = cache === undefined ? undefined : cacheName(cache);
  return name === undefined ? [OTHER] : [{ kind: 'slab', owner: name, pid: undefined }];
}

/** A page structure that is no slab's has other things where the cache would stand: the name shows it. */
function cacheName(cache: StructView): string | undefined {
  const name = cache.textAt('name', 64);
  return name !== undefined && /^[\w:.()-]{2,}$/.test(name) ? name : undefined;
}
