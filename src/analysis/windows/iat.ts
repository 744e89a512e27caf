/** `iat`: the functions that programs and drivers import, and where they really lead. */
import { column } from '../../core/columns.js';
import { peImports } from '../../formats/pe/imports.js';
import { imagePlaces } from '../../objects/windows/image-places.js';
import { mappedImage } from '../../objects/windows/mapped-image.js';
import { moduleAt } from '../../objects/windows/module-ranges.js';
import { moduleFinder } from '../../objects/windows/process-module-ranges.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'iat',
  scope: 'windows',
  summary: 'List the functions that images import, with where they lead',
  description:
    'The import tables of the program of each process; with --all of all its libraries, with --kernel of drivers. The ' +
    'target is what stands in the table now: one that lies in no image is marked, it may be a hook.',
  aliases: ['windows.iat.IAT'],
  examples: ['windows iat -f memory.raw --pid 1052', 'windows iat -f memory.raw --all --filter suspicious=true'],
  options: {
    pid: COMMON_OPTIONS.pid,
    all: option.boolean('Libraries too, not only the program itself'),
    kernel: option.boolean('The kernel and its drivers instead'),
  },
  columns: {
    pid: column.integer('Process id; none for drivers'),
    process: column.text('Name of the process'),
    image: column.text('Image that imports'),
    library: column.text('Image that it imports from'),
    function: column.text('Name of the function'),
    ordinal: column.integer('Its number, where it is imported by number'),
    target: column.address('Where the table leads'),
    module: column.text('Image that the target lies in'),
    suspicious: column.boolean('The target lies in no image'),
    slot: column.address('Address of the entry', { quiet: true }),
  },
  *rows(kernel, options) {
    const isKernel = options.kernel === true;
    const seen = new Set<number | undefined>();
    const wanted = (pid: number | undefined) => !isKernel && selected(options.pid, pid);
    const inProcess = moduleFinder(kernel);
    for (const { pid, process, name, base, space } of imagePlaces(kernel, wanted, isKernel)) {
      if (!isKernel && options.all !== true && seen.has(pid)) continue;
      seen.add(pid);
      const image = mappedImage(space, base);
      if (image === undefined) continue;
      for (const entry of peImports(image)) {
        const module = pid === undefined ? moduleAt(kernel, entry.value) : inProcess(pid, entry.value);
        yield {
          pid,
          process,
          image: name,
          library: entry.library,
          function: entry.name,
          ordinal: entry.ordinal,
          target: entry.value,
          module,
          suspicious: module === undefined,
          slot: base + BigInt(entry.slot),
        };
      }
    }
  },
});
