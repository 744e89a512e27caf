/** `dumpfiles`: files from the pages that are cached of them. */
import { column } from '../../core/columns.js';
import {
  cachedFileSize,
  cachedParts,
  FILE_CACHES,
  type FileCache,
  fileCache,
} from '../../objects/windows/file-contents.js';
import { fileName } from '../../objects/windows/file-name.js';
import { openHandles } from '../../objects/windows/handle-table.js';
import type { WindowsKernel } from '../../objects/windows/kernel.js';
import { objectBody, objectTypeName } from '../../objects/windows/object-header.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { processId } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'dumpfiles',
  scope: 'windows',
  summary: 'Recover files from the pages that are cached of them',
  description:
    'Of every file object in memory (or of those that the processes chosen have open) what the memory manager and the cache ' +
    'manager hold: pages of the data section, of the image section, and views of the cache, each written to a file of its own ' +
    'with --output, with holes for what is not in memory. Files with nothing in memory have no row.',
  aliases: ['windows.dumpfiles.DumpFiles'],
  examples: [
    'windows dumpfiles -f memory.raw --name secret -o out',
    'windows dumpfiles -f memory.raw --pid 1052 -o out',
  ],
  options: {
    pid: COMMON_OPTIONS.pid,
    name: option.text('Only files with this in their name, whatever the case'),
    offset: option.address('Only the _FILE_OBJECT at this address'),
  },
  columns: {
    name: column.text('Device and path'),
    cache: column.text('data, image or cache'),
    size: column.size('Bytes of the file, where the cache manager knows'),
    present: column.size('Bytes of it in memory'),
    file: column.text('Where it was written to'),
    offset: column.address('Address of the _FILE_OBJECT'),
  },
  *rows(kernel, options, io) {
    const seen = new Set<string>();
    for (const address of fileObjects(kernel, options.pid, options.offset)) {
      const file = kernel.struct('_FILE_OBJECT', address);
      const name = fileName(kernel, file);
      if (options.name !== undefined && !name?.toLowerCase().includes(options.name.toLowerCase())) continue;
      for (const cache of Object.keys(FILE_CACHES) as FileCache[]) {
        const at = fileCache(file, cache);
        // Objects of one file share its caches.
        if (at === undefined || seen.has(`${cache} ${at}`)) continue;
        seen.add(`${cache} ${at}`);
        let present = 0;
        const parts = function* () {
          for (const part of cachedParts(kernel, at, cache)) {
            present += part.bytes.length;
            yield part;
          }
        };
        const short = name?.slice(name.lastIndexOf('\\') + 1) || 'file';
        const written = io.extract(`0x${address.toString(16)}.${cache}.${short}`, parts());
        if (written === undefined) for (const _ of parts());
        if (present === 0) continue;
        yield { name, cache, size: cachedFileSize(kernel, file), present, file: written, offset: address };
      }
    }
  },
});

function* fileObjects(
  kernel: WindowsKernel,
  pids: readonly number[] | undefined,
  offset: bigint | undefined,
): Generator<bigint> {
  if (offset !== undefined) yield offset;
  else if (pids === undefined || pids.length === 0) {
    for (const { body } of scanObjects(kernel, ['File'])) yield body;
  } else {
    for (const process of processes(kernel)) {
      const table = selected(pids, processId(process)) ? process.follow('ObjectTable') : undefined;
      if (table === undefined) continue;
      for (const { header: address } of openHandles(kernel, table)) {
        const header = kernel.struct('_OBJECT_HEADER', address);
        if (objectTypeName(kernel, header) === 'File') yield objectBody(header);
      }
    }
  }
}
