/** `libraries`: the shared objects of each process, as mapped and as its dynamic loader lists them. */
import { column } from '../../core/columns.js';
import { userChunks } from '../../objects/linux/area-contents.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { type LoadedLibrary, linkMap } from '../../objects/linux/link-map.js';
import { type MappedElf, mappedElf, type RangeReader } from '../../objects/linux/mapped-elf.js';
import { mmAreas } from '../../objects/linux/mm-areas.js';
import { processes } from '../../objects/linux/tasks.js';
import { type UserMemory, userMemory } from '../../objects/linux/user-memory.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

/** e_type of a shared object; position-independent programs are of this type too. */
const ET_DYN = 3;

export default definePlugin({
  name: 'libraries',
  scope: 'linux',
  summary: 'List the shared libraries of each process',
  description:
    'Mapped shared objects other than the program itself, and whether the dynamic loader has them on its list. One that ' +
    'is mapped but not listed was loaded by other means, or taken off the list; the vDSO is listed by its own name. ' +
    'The column is empty for static programs, which have no loader.',
  aliases: ['linux.library_list.LibraryList'],
  examples: ['linux libraries -f memory.raw --pid 1', 'linux libraries -f memory.raw --filter listed=false'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    base: column.address('Address of the ELF header'),
    end: column.address('First address behind the last segment'),
    listed: column.boolean('On the list of the dynamic loader'),
    name: column.text('Name on that list'),
    path: column.text('Mapped file'),
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      const memory = selected(options.pid, pid) ? userMemory(kernel, task) : undefined;
      if (memory === undefined) continue;
      const process = task.text('comm');
      const code = memory.mm.ptr('start_code') ?? 0n;
      const images = imagesOf(kernel, memory);
      const program = images.find(({ area, end }) => code >= area.start && code < end);
      const list = program && linkMap(kernel, memory, program);
      for (const image of images) {
        if (image === program || image.elf.header.type !== ET_DYN) continue;
        const entry = list && entryOf(list, image);
        const { area, end } = image;
        yield {
          pid,
          process,
          base: area.start,
          end,
          listed: list && entry !== undefined,
          name: entry?.name,
          path: area.path,
        };
      }
    }
  },
});

function imagesOf(kernel: LinuxKernel, { mm, space }: UserMemory): MappedElf[] {
  const areas = [...mmAreas(kernel, mm)];
  const read: RangeReader = (start, end) => userChunks(kernel, space, areas, start, end);
  return areas.map((area) => mappedElf(read, space, area)).filter((image) => image !== undefined);
}

/** Prelinked libraries have a bias of 0, so where the dynamic section lies decides. */
function entryOf(list: readonly LoadedLibrary[], image: MappedElf): LoadedLibrary | undefined {
  return list.find(({ dynamic }) => dynamic >= image.area.start && dynamic < image.end);
}
