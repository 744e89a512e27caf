/** `ldrmodules`: mapped images against the three lists of the loader, which is how hidden libraries show. */
import { column } from '../../core/columns.js';
import { imageRanges } from '../../objects/windows/image-ranges.js';
import { type LoaderList, processModules } from '../../objects/windows/loaded-modules.js';
import { processEnvironment } from '../../objects/windows/process-environment.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

const LISTS = ['load', 'init', 'memory'] as const satisfies readonly LoaderList[];

export default definePlugin({
  name: 'ldrmodules',
  scope: 'windows',
  summary: "Compare mapped images with the loader's lists",
  description:
    'One row for each image that the memory manager has mapped in a process, with whether the loader has it on its lists: ' +
    'by order of loading, of initialisation (which the program itself is never on) and of address; and one for each entry ' +
    'of a list behind which no image is mapped.',
  aliases: ['windows.ldrmodules.LdrModules'],
  examples: ['windows ldrmodules -f memory.raw --filter inLoad=false'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    base: column.address('First address'),
    mapped: column.boolean('An image is mapped there'),
    inLoad: column.boolean('On the list by order of loading'),
    inInit: column.boolean('On the list by order of initialisation'),
    inMemory: column.boolean('On the list by address'),
    path: column.text('File that is mapped'),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const environment = processEnvironment(kernel, process);
      if (environment === undefined) continue;
      const name = processName(process);
      const [load, init, memory] = LISTS.map(
        (list) => new Set([...processModules(environment, list)].map((module) => module.ptr('DllBase'))),
      ) as [Set<bigint | undefined>, Set<bigint | undefined>, Set<bigint | undefined>];
      const onLists = (base: bigint) => ({
        inLoad: load.has(base),
        inInit: init.has(base),
        inMemory: memory.has(base),
      });
      const mapped = new Set<bigint>();
      for (const { start, path } of imageRanges(kernel, process)) {
        mapped.add(start);
        yield { pid, process: name, base: start, mapped: true, ...onLists(start), path };
      }
      for (const base of new Set([...load, ...init, ...memory])) {
        if (base === undefined || base === 0n || mapped.has(base)) continue;
        yield { pid, process: name, base, mapped: false, ...onLists(base) };
      }
    }
  },
});
