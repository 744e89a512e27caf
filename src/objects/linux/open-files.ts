/**
 * Walks over the open files of tasks: descriptor tables as `files_struct` holds them.
 *
 * It yields descriptors and `struct file` views; what kind of file that is, is told elsewhere.
 * Source: include/linux/fdtable.h (4.0 to 6.12).
 */
import { occupiedSlots } from '../pointer-table.js';
import { readBytes, type StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { processes, threadsOf } from './tasks.js';

export interface OpenFile {
  readonly pid: number | undefined;
  /** Thread whose table it is: the process id, unless a thread keeps a table of its own. */
  readonly tid: number | undefined;
  /** Name of that thread (comm). */
  readonly process: string | undefined;
  readonly fd: number;
  /** The `struct file`. */
  readonly file: StructView;
  /** Undefined when the bitmap is unreadable. */
  readonly closeOnExec: boolean | undefined;
}

/**
 * The open files of a process, by descriptor. Threads that do not share the table of the first one (unshare(CLONE_FILES))
 * follow with their own.
 */
export function* openFiles(kernel: LinuxKernel, leader: StructView): Generator<OpenFile> {
  const pid = leader.num('tgid');
  const tables = new Set<bigint>();
  for (const thread of threadsOf(kernel, leader)) {
    const files = thread.follow('files');
    // An exited leader has none while its other threads live on.
    if (files === undefined || tables.has(files.address)) continue;
    tables.add(files.address);
    const owner = { pid, tid: thread.num('pid'), process: thread.text('comm') };
    yield* descriptors(kernel, files, owner);
  }
}

const MEMO = Symbol('open files');

/** Every open file of every process on the task list, read once. */
export function allOpenFiles(kernel: LinuxKernel): readonly OpenFile[] {
  return kernel.memo(MEMO, () => [...processes(kernel)].flatMap((task) => [...openFiles(kernel, task)]));
}

function* descriptors(
  kernel: LinuxKernel,
  files: StructView,
  owner: Pick<OpenFile, 'pid' | 'tid' | 'process'>,
): Generator<OpenFile> {
  const table = files.follow('fdt');
  const base = table?.ptr('fd');
  const count = table?.num('max_fds');
  if (table === undefined || base === undefined || count === undefined || base === 0n) return;
  const closeOnExec = table.ptr('close_on_exec');
  let strangers = 0;
  for (const { index, value } of occupiedSlots(kernel, { base, count })) {
    const file = kernel.struct('file', value);
    if (!mayBeFile(kernel, file)) {
      kernel.faults.note(value, 'descriptor table');
      if (++strangers === MAX_STRANGERS) return;
      continue;
    }
    yield { ...owner, fd: index, file, closeOnExec: bit(kernel, closeOnExec, index) };
  }
}

/** After so many pointers that lead to no file, what is read is no descriptor table. */
const MAX_STRANGERS = 16;

/**
 * False for a pointer that cannot be one to a `struct file`: not aligned, not mapped, or without an inode that is. A
 * file whose page is missing from the image may well be one.
 */
function mayBeFile(kernel: LinuxKernel, file: StructView): boolean {
  const { space } = kernel;
  const isObject = (at: bigint) => at % BigInt(space.pointerSize) === 0n && space.translate(at).kind === 'mapped';
  if (!isObject(file.address)) return false;
  const inode = file.ptr('f_inode');
  return inode === undefined || isObject(inode);
}

/** Bit `index` of a bitmap of unsigned longs (little-endian, so that it is one of bytes as well). */
function bit(kernel: LinuxKernel, bitmap: bigint | undefined, index: number): boolean | undefined {
  if (bitmap === undefined || bitmap === 0n) return undefined;
  const byte = readBytes(kernel, bitmap + BigInt(index >> 3), 1)?.[0];
  return byte === undefined ? undefined : ((byte >> (index & 7)) & 1) === 1;
}
