/** How many page frames each use has, against what the guest's /proc/meminfo says of itself. */
import { expect, it } from 'vitest';
import { PAGE_SIZE } from '../../../src/core/address.js';
import { type PageUse, pageUse } from '../../../src/objects/linux/page-use.js';
import { pageOwners } from '../../../src/objects/page-owners.js';
import { onEveryImage } from '../../analysis/on-every-image.js';

onEveryImage('uses of page frames', (opened) => {
  it('add up to what /proc/meminfo says', () => {
    const { kernel, truth } = opened();
    const kibibytes = (name: string) => {
      const line = truth.sections.get('meminfo')?.find((each) => each.startsWith(`${name}:`));
      return Number(/(\d+) kB/.exec(line ?? '')?.[1]);
    };
    const owners = pageOwners(kernel);
    const counts = new Map<PageUse['kind'] | 'no name', number>();
    const processTables = new Set<number>();
    for (const { start, end } of kernel.memory.ranges) {
      for (let frame = start / PAGE_SIZE; frame < end / PAGE_SIZE; frame++) {
        const use = pageUse(kernel, frame);
        if (use?.kind === 'page table' && use.pid !== undefined) processTables.add(frame);
        if (owners.has(frame)) continue;
        const kind = use?.kind ?? 'no name';
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
    }
    const found = (kind: PageUse['kind']) => ((counts.get(kind) ?? 0) * PAGE_SIZE) / 1024;
    // The guest went on for two seconds after it had printed, and its shell with it.
    const between = (value: number, least: number, most: number) => {
      expect(value).toBeGreaterThan(least);
      expect(value).toBeLessThan(most);
    };
    const stacks = kibibytes('KernelStack');
    between(found('kernel stack'), stacks * 0.95, stacks * 1.05 + 32);
    // The kernel does not count the upper two levels, of which page-table isolation has two sets.
    const upper = (3 * PAGE_SIZE * new Set(truth.processes.keys()).size) / 1024;
    const tables = kibibytes('PageTables');
    between((processTables.size * PAGE_SIZE) / 1024, tables * 0.8, tables * 1.1 + upper);
    // Pages that processors keep for themselves are free here, and in use there.
    const free = kibibytes('MemFree');
    between(found('free'), free * 0.95, free * 1.1);
    const slab = kibibytes('Slab');
    between(found('slab'), slab * 0.9, slab * 1.1);
  });
});
