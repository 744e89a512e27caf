import { expect, it } from 'vitest';
import checkModules from '../../../src/analysis/linux/check-modules.js';
import hiddenModules from '../../../src/analysis/linux/hidden-modules.js';
import modules from '../../../src/analysis/linux/modules.js';
import { onEveryImage } from '../on-every-image.js';

onEveryImage('modules', (opened) => {
  it('equals /proc/modules, in its order', async () => {
    const rows = await opened().rows(modules);
    const found = rows.map(({ name, base, size, references, usedBy, state, taints }) => ({
      name,
      size,
      referenceCount: references,
      usedBy,
      state,
      address: base,
      taints,
    }));
    expect(found.length).toBeGreaterThan(5);
    expect(found).toEqual(opened().truth.modules);
  });

  it('finds each of them by every source, and none beside them', async () => {
    const names = opened().truth.modules.map(({ name }) => name);
    const rows = await opened().rows(checkModules);
    const everywhere = { list: true, sysfs: true, tree: true, memory: true };
    expect(rows.map(({ name, list, sysfs, tree, memory }) => ({ name, list, sysfs, tree, memory }))).toEqual(
      names.map((name) => ({ name, ...everywhere })),
    );
    expect(await opened().rows(hiddenModules)).toEqual([]);
  });
});
