/** `hidden-modules`: modules that are there but not on the module list. */
import { column } from '../../core/columns.js';
import { seenModules } from '../../objects/linux/module-sources.js';
import { moduleRegions, moduleState } from '../../objects/linux/modules.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'hidden-modules',
  scope: 'linux',
  summary: 'Find modules that are not on the module list',
  description:
    'Modules known to sysfs, to the tree of module addresses, or found in module memory, but unlinked from the list. A module being unloaded shows here too; its state says so.',
  aliases: ['linux.hidden_modules.Hidden_modules'],
  examples: ['linux hidden-modules -f memory.raw'],
  columns: {
    name: column.text('Name of the module'),
    base: column.address('First address of its main memory'),
    size: column.size('Bytes of memory, all parts'),
    state: column.text('Live, Loading, Unloading or Unformed'),
    foundBy: column.list('Sources that know it'),
    offset: column.address('Address of the struct module'),
  },
  diff: { kind: 'hidden module', group: 'hooks', identity: ['offset', 'name'], describe: (row) => String(row.name) },
  *rows(kernel) {
    for (const { module, sources } of seenModules(kernel)) {
      if (sources.has('list')) continue;
      const regions = moduleRegions(module);
      yield {
        name: module.text('name'),
        base: regions[0]?.base,
        size: regions.reduce((sum, { size }) => sum + size, 0),
        state: moduleState(module),
        foundBy: [...sources],
        offset: module.address,
      };
    }
  },
});
