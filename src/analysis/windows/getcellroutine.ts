/** `getcellroutine`: hives whose cells are fetched by a routine that is not the kernel's, which is a way to forge them. */
import { column } from '../../core/columns.js';
import { moduleAt } from '../../objects/windows/module-ranges.js';
import { loadedHives } from '../../objects/windows/registry/registry.js';
import { definePlugin } from '../plugin.js';

const ROUTINES = ['GetCellRoutine', 'ReleaseCellRoutine'] as const;

export default definePlugin({
  name: 'getcellroutine',
  scope: 'windows',
  summary: 'Check the routines by which registry hives are read',
  description:
    'The routines that the configuration manager calls to get at a cell of each hive and to release it. Whoever exchanges ' +
    'one can forge the registry; rows whose routine lies outside of the kernel are marked.',
  aliases: ['windows.registry.getcellroutine.GetCellRoutine'],
  examples: ['windows getcellroutine -f memory.raw --filter suspicious=true'],
  columns: {
    hive: column.text('Registry key or file of the hive'),
    routine: column.text('Which routine'),
    address: column.address('Where it lies'),
    module: column.text('Kernel module that it lies in'),
    suspicious: column.boolean('It lies outside of the kernel'),
    offset: column.address('Address of the _CMHIVE'),
  },
  *rows(kernel) {
    const kernelName = moduleAt(kernel, kernel.location.base);
    for (const { hive, mount } of loadedHives(kernel)) {
      for (const routine of ROUTINES) {
        const member = `Hive.${routine}`;
        const address = hive.view.has(member) ? hive.view.ptr(member) : undefined;
        // Newer kernels have none where a hive needs no release.
        if (address === undefined || address === 0n) continue;
        const module = moduleAt(kernel, address);
        const suspicious = module !== kernelName;
        yield { hive: mount ?? hive.path, routine, address, module, suspicious, offset: hive.view.address };
      }
    }
  },
});
