/** `modscan`: records of kernel modules found by their pool blocks, without trusting the list. */
import { column } from '../../core/columns.js';
import { kernelModules, moduleFacts } from '../../objects/windows/loaded-modules.js';
import { scanModules } from '../../objects/windows/module-scan.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'modscan',
  scope: 'windows',
  summary: 'Find kernel modules in memory, unloaded and unlinked ones too',
  description:
    'The loader\'s records of drivers in pool blocks, each marked with how it was found: "pool" without "list" is a ' +
    'driver that was unloaded, or one that was taken off the list. Records made before the pool are only on the list.',
  aliases: ['windows.modscan.ModScan'],
  examples: ['windows modscan -f memory.raw --filter found=pool'],
  columns: {
    name: column.text('Name of the file'),
    base: column.address('First address'),
    size: column.size('Bytes of memory'),
    path: column.text('File it was loaded from'),
    found: column.list('How it was found: list, pool'),
    offset: column.address('Address of the _LDR_DATA_TABLE_ENTRY'),
  },
  *rows(kernel, _options, io) {
    const found = new Map([...kernelModules(kernel)].map((view) => [view.address, { view, sources: ['list'] }]));
    for (const view of scanModules(kernel, () => io.progress(0, 0, 'looking for modules'))) {
      const known = found.get(view.address);
      if (known === undefined) found.set(view.address, { view, sources: ['pool'] });
      else known.sources.push('pool');
    }
    for (const { view, sources } of found.values()) yield { ...moduleFacts(view), found: sources };
  },
});
