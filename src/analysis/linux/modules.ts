/** `modules`: the modules on the kernel's list, as lsmod shows them. Unlinked ones are `hidden-modules`'s. */
import { column } from '../../core/columns.js';
import {
  moduleReferences,
  moduleRegions,
  moduleState,
  modules,
  moduleTaints,
  moduleUsers,
} from '../../objects/linux/modules.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'modules',
  scope: 'linux',
  common: true,
  summary: 'List the loaded kernel modules',
  description:
    'Modules on the kernel module list, newest first, as /proc/modules has them. The kernel does not keep the path a module was loaded from.',
  aliases: ['linux.lsmod.Lsmod'],
  examples: ['modules -f memory.raw', 'modules -f memory.raw --columns name,base,size --json'],
  columns: {
    name: column.text('Name of the module'),
    base: column.address('First address of its main memory'),
    size: column.size('Bytes of memory, all parts'),
    references: column.integer('How many users hold it'),
    usedBy: column.list('Modules that use it'),
    state: column.text('Live, Loading, Unloading or Unformed'),
    taints: column.text('Taint letters: P proprietary, O out of tree, E unsigned, …'),
    version: column.text('MODULE_VERSION', { quiet: true }),
    sourceVersion: column.text('Checksum of the sources', { quiet: true }),
    path: column.text('File it was loaded from (not kept by Linux)', { quiet: true }),
    offset: column.address('Address of the struct module'),
  },
  diff: { kind: 'module', identity: ['offset', 'name', 'base'], describe: (row) => String(row.name) },
  *rows(kernel) {
    for (const module of modules(kernel)) {
      const regions = moduleRegions(module);
      yield {
        name: module.text('name'),
        base: regions[0]?.base,
        size: regions.reduce((sum, { size }) => sum + size, 0),
        references: moduleReferences(module),
        usedBy: moduleUsers(kernel, module),
        state: moduleState(module),
        taints: moduleTaints(module),
        version: module.has('version') ? module.textAt('version', 64) : undefined,
        sourceVersion: module.has('srcversion') ? module.textAt('srcversion', 64) : undefined,
        offset: module.address,
      };
    }
  },
});
