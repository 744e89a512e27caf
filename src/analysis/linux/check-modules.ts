/** `check-modules`: each module held against the list, sysfs, the address tree and module memory. */
import { column } from '../../core/columns.js';
import { seenModules } from '../../objects/linux/module-sources.js';
import { moduleRegions } from '../../objects/linux/modules.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'check-modules',
  scope: 'linux',
  summary: 'Compare the sources that know loaded modules',
  description:
    'One row for each module that any source knows, and which of them do. `hidden-modules` shows only those that the list lacks.',
  aliases: ['linux.check_modules.Check_modules', 'linux.modxview.Modxview'],
  examples: ['linux check-modules -f memory.raw'],
  columns: {
    name: column.text('Name of the module'),
    base: column.address('First address of its main memory'),
    list: column.boolean('On the module list (/proc/modules)'),
    sysfs: column.boolean('In /sys/module'),
    tree: column.boolean('In the tree of module addresses'),
    memory: column.boolean('Found in module memory'),
    offset: column.address('Address of the struct module'),
  },
  *rows(kernel) {
    for (const { module, sources } of seenModules(kernel)) {
      yield {
        name: module.text('name'),
        base: moduleRegions(module)[0]?.base,
        list: sources.has('list'),
        sysfs: sources.has('sysfs'),
        tree: sources.has('tree'),
        memory: sources.has('memory'),
        offset: module.address,
      };
    }
  },
});
