/**
 * From a path to `PhysicalMemory`, told by content alone: containers are unwrapped, then the format table is asked.
 */
import { UserError } from '../core/errors.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import type { ByteSource } from './byte-source.js';
import { HEAD_BYTES, type MemoryFormat, type OpenOptions } from './format.js';
import { memoryFormats } from './format-table.js';
import { openFileSource } from './sources/file-source.js';
import { readBytes } from './sources/read-bytes.js';

function formatOf(source: ByteSource, options: OpenOptions): MemoryFormat {
  if (options.format !== undefined) {
    const named = memoryFormats.find((format) => format.name === options.format);
    if (named) return named;
    const known = memoryFormats.map((format) => format.name).join(', ');
    throw new UserError(`${options.format}: no such memory format`, `use one of ${known}`);
  }
  const head = readBytes(source, 0, HEAD_BYTES);
  return memoryFormats.find((format) => format.detect(head, source)) as MemoryFormat;
}

/**
 * Opens the memory image at `path`.
 * @throws UserError when there is no such file, it may not be read, or nothing can be made of it.
 */
export async function openMemory(path: string, options: OpenOptions = {}): Promise<PhysicalMemory> {
  const source = openFileSource(path);
  try {
    if (source.size === 0) throw new UserError(`${path}: is empty`, 'check that the acquisition finished');
    return formatOf(source, options).open(source, { options, path });
  } catch (error) {
    source.close();
    throw error;
  }
}
