/**
 * From a path to `PhysicalMemory`, told by content alone: containers are peeled off, then the format table is asked.
 */
import { UserError } from '../core/errors.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import type { ByteSource } from './byte-source.js';
import { containers } from './containers/container-table.js';
import { unsupportedFile } from './containers/unsupported.js';
import { HEAD_BYTES, type MemoryFormat, type OpenContext, type OpenOptions } from './format.js';
import { memoryFormats } from './format-table.js';
import { ImageMemory } from './image/image-memory.js';
import { openFileSource } from './sources/file-source.js';
import { readBytes } from './sources/read-bytes.js';

/** Layers of containers that are peeled off before a file counts as a joke at our expense. */
const MAX_LAYERS = 4;

function formatNamed(name: string): MemoryFormat {
  const format = memoryFormats.find((one) => one.name === name);
  if (format) return format;
  const known = memoryFormats.map((one) => one.name).join(', ');
  throw new UserError(`${name}: no such memory format`, `use one of ${known}`);
}

function formatOf(source: ByteSource): MemoryFormat {
  const head = readBytes(source, 0, HEAD_BYTES);
  const foreign = unsupportedFile(head);
  if (foreign) throw new UserError(`${source.name}: is ${foreign.name}`, foreign.hint);
  // Raw is last and takes everything.
  return memoryFormats.find((format) => format.detect(head, source)) as MemoryFormat;
}

/** Turns `source`, of which it takes over the closing, into memory. See `openMemory`. */
export async function openSource(source: ByteSource, context: OpenContext): Promise<PhysicalMemory> {
  const { options } = context;
  const notes: string[] = [];
  let inner = source;
  try {
    for (let layers = 0; ; layers++) {
      if (inner.size === 0) throw new UserError(`${inner.name}: is empty`, 'check that the acquisition finished');
      const head = readBytes(inner, 0, HEAD_BYTES);
      const container = containers.find((one) => one.detect(head, inner));
      if (!container) break;
      if (layers === MAX_LAYERS)
        throw new UserError(
          `${source.name}: is wrapped in more than ${MAX_LAYERS} layers`,
          'unpack it and open the result',
        );
      const unwrapped = await container.open(inner, context);
      inner = unwrapped.source;
      notes.push(...(unwrapped.notes ?? []));
    }
    const format = options.format === undefined ? formatOf(inner) : formatNamed(options.format);
    const parts = await format.open(inner, context);
    const close = () => {
      parts.close?.();
      inner.close();
    };
    return new ImageMemory({ ...parts, notes: [...notes, ...(parts.notes ?? [])], close }, options.cacheBytes);
  } catch (error) {
    inner.close();
    throw error;
  }
}

/**
 * Opens the memory image at `path`.
 * @throws UserError when there is no such file, it may not be read, or nothing can be made of it.
 */
export async function openMemory(path: string, options: OpenOptions = {}): Promise<PhysicalMemory> {
  return openSource(openFileSource(path), { options, path });
}
