/** `hivescan`: registry hives found in kernel memory, without trusting the list. */
import { column } from '../../core/columns.js';
import { scanHives } from '../../objects/windows/registry/hive-scan.js';
import { loadedHives } from '../../objects/windows/registry/registry.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'hivescan',
  scope: 'windows',
  summary: 'Find registry hives in memory, unlinked ones too',
  description:
    'Hives whose header stands in kernel memory and leads to a base block, each marked with how it was found.',
  aliases: ['windows.registry.hivescan.HiveScan'],
  examples: ['windows hivescan -f memory.raw'],
  columns: {
    root: column.text('Name of its root key'),
    path: column.text('File, as it was opened'),
    found: column.list('How it was found: list, scan'),
    offset: column.address('Address of the _CMHIVE'),
  },
  *rows(kernel, _options, io) {
    const found = new Map(loadedHives(kernel).map(({ hive }) => [hive.view.address, { hive, sources: ['list'] }]));
    for (const hive of scanHives(kernel, () => io.progress(0, 0, 'looking for hives'))) {
      const known = found.get(hive.view.address);
      if (known === undefined) found.set(hive.view.address, { hive, sources: ['scan'] });
      else known.sources.push('scan');
    }
    for (const { hive, sources } of found.values()) {
      yield { root: hive.root?.name, path: hive.path, found: sources, offset: hive.view.address };
    }
  },
});
