/**
 * Writes any memory to a file in one of the formats that are written: what `memlapse convert` and exports stand on.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { UserError } from '../core/errors.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { writeElfCore } from './elf-core/write.js';
import { writeLime } from './lime/write.js';
import { writeRaw } from './raw/write.js';
import type { Sink } from './sinks/sink.js';
import { SparseFileSink } from './sinks/sparse-file-sink.js';
import type { WriteReport, Writing } from './sinks/write-ranges.js';

/** Every format that is written, by its name in the format table. */
export const writers = {
  raw: writeRaw,
  lime: writeLime,
  elf: writeElfCore,
} as const satisfies Record<string, (memory: PhysicalMemory, sink: Sink) => Writing>;

export type WrittenFormat = keyof typeof writers;

export interface ConvertOptions {
  /** Called now and then: bytes of memory done, of how many. */
  readonly progress?: (done: number, total: number) => void;
  /** Replaces a file that exists; otherwise that is an error. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
}

function create(partial: string, path: string): number {
  try {
    return openSync(partial, 'w', 0o600);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UserError(`${path}: cannot be created (${code})`, 'name a file in a folder that can be written to');
  }
}

async function write(
  memory: PhysicalMemory,
  format: WrittenFormat,
  sink: SparseFileSink,
  options: ConvertOptions,
): Promise<WriteReport> {
  const total = memory.ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  const writing = writers[format](memory, sink);
  let step = writing.next();
  for (; !step.done; step = writing.next()) {
    options.progress?.(step.value, total);
    // Lets signals and timers in.
    await setImmediate();
    options.signal?.throwIfAborted();
  }
  sink.finish();
  return step.value;
}

/**
 * Writes `memory` to `path`. The file gets its name when it is whole: an interrupted conversion leaves nothing, or
 * `PATH.partial` when the process is killed. Memory use does not depend on the size of the image.
 * @throws UserError when the file exists or cannot be written; the signal's reason when it is aborted.
 */
export async function convertImage(
  memory: PhysicalMemory,
  format: WrittenFormat,
  path: string,
  options: ConvertOptions = {},
): Promise<WriteReport> {
  if (existsSync(path) && !options.overwrite)
    throw new UserError(`${path}: exists already`, 'name another file, or replace it with --overwrite');
  const partial = `${path}.partial`;
  const fd = create(partial, path);
  try {
    const report = await write(memory, format, new SparseFileSink(fd, path), options);
    renameSync(partial, path);
    return report;
  } catch (cause) {
    rmSync(partial, { force: true });
    throw cause;
  } finally {
    closeSync(fd);
  }
}
