/** `pedump`: images in memory written back as files. */
import { column } from '../../core/columns.js';
import { rebuiltFile } from '../../formats/pe/rebuild-file.js';
import type { ImagePlace } from '../../objects/windows/image-places.js';
import { imagePlaces } from '../../objects/windows/image-places.js';
import type { WindowsKernel } from '../../objects/windows/kernel.js';
import { mappedBytes, mappedImage } from '../../objects/windows/mapped-image.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'pedump',
  scope: 'windows',
  summary: 'Rebuild the files of programs, libraries and drivers from memory',
  description:
    'Headers and sections are put where the file had them. With --base the image at that address, whether or not it is on ' +
    'a list; with --kernel the kernel and its drivers; else all images of the processes chosen. What the loader changed ' +
    '(imports, relocated addresses, data) stays as it is in memory; pages that are missing are gaps. Needs --output.',
  aliases: ['windows.pedump.PEDump'],
  examples: ['windows pedump -f memory.raw --pid 1052 -o found', 'windows pedump -f memory.raw --kernel -o drivers'],
  options: {
    pid: COMMON_OPTIONS.pid,
    base: option.address('Address of the image, in each process chosen or in the kernel'),
    kernel: option.boolean('The kernel and its drivers'),
  },
  needsOneOf: ['pid', 'base', 'kernel'],
  columns: {
    pid: column.integer('Process id; none for the kernel and drivers'),
    process: column.text('Name of the process'),
    base: column.address('First address of the image'),
    name: column.text('Name of the file'),
    size: column.size('Bytes of memory that the image takes'),
    sections: column.integer('Sections'),
    missing: column.size('Bytes of it that are not in memory'),
    file: column.text('Where it was written to'),
  },
  *rows(kernel, options, io) {
    for (const { pid, process, name, base, space } of places(kernel, options)) {
      const image = mappedImage(space, base);
      if (image === undefined) continue;
      let missing = 0;
      const readable = (rva: number, length: number) => {
        const bytes = mappedBytes(space, base, rva, length);
        missing += length - bytes.length;
        return bytes;
      };
      const label = `${pid ?? 'kernel'}-${name ?? 'image'}-0x${base.toString(16)}`;
      const file = io.extract(label, rebuiltFile(image, readable));
      yield {
        pid,
        process,
        base,
        name,
        size: image.headers.imageSize,
        sections: image.headers.sections.length,
        missing: file === undefined ? undefined : missing,
        file,
      };
    }
  },
});

function* places(
  kernel: WindowsKernel,
  options: { pid?: readonly number[] | undefined; base?: bigint | undefined; kernel?: boolean | undefined },
): Generator<ImagePlace> {
  const { pid: pids, base } = options;
  if (base === undefined) {
    yield* imagePlaces(kernel, (pid) => options.kernel !== true && selected(pids, pid), options.kernel === true);
    return;
  }
  const unnamed = { name: undefined, path: undefined, base };
  if (pids === undefined || pids.length === 0) {
    yield { ...unnamed, pid: undefined, process: undefined, space: kernel.space };
    return;
  }
  for (const process of processes(kernel)) {
    const pid = processId(process);
    const space = selected(pids, pid) ? kernel.processSpace(process) : undefined;
    if (space !== undefined) yield { ...unnamed, pid, process: processName(process), space };
  }
}
