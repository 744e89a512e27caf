/** Who is at the other end of a pipe or a FIFO: the open files of all processes, by the pipe they lead to. */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { allOpenFiles, type OpenFile } from './open-files.js';
import { accessOf, inodeKind } from './open-flags.js';

/** One descriptor on a pipe. */
export interface PipeEnd {
  readonly pid: number | undefined;
  readonly fd: number;
  /** `r`, `w` or `rw`. */
  readonly access: string;
}

const MEMO = Symbol('pipe ends');

/** The other descriptors on the pipe of `inode`: those that could read what `end` writes or write what it reads. */
export function pipePeers(kernel: LinuxKernel, inode: StructView, end: PipeEnd): readonly PipeEnd[] {
  const ends = kernel.memo(MEMO, () => endsByPipe(kernel)).get(inode.ptr('i_pipe') ?? 0n) ?? [];
  return ends.filter(
    (other) =>
      !(other.pid === end.pid && other.fd === end.fd) &&
      ((end.access.includes('r') && other.access.includes('w')) ||
        (end.access.includes('w') && other.access.includes('r'))),
  );
}

/** The ends of every pipe, by the address of its `pipe_inode_info`. */
function endsByPipe(kernel: LinuxKernel): Map<bigint, PipeEnd[]> {
  const byPipe = new Map<bigint, PipeEnd[]>();
  for (const open of allOpenFiles(kernel)) {
    const pipe = pipeOf(open);
    const mode = open.file.num('f_mode');
    if (pipe === undefined || pipe === 0n || mode === undefined) continue;
    const end = { pid: open.pid, fd: open.fd, access: accessOf(mode) };
    const ends = byPipe.get(pipe);
    if (ends === undefined) byPipe.set(pipe, [end]);
    else ends.push(end);
  }
  return byPipe;
}

function pipeOf(open: OpenFile): bigint | undefined {
  const inode = open.file.follow('f_inode');
  const mode = inode?.num('i_mode');
  return mode !== undefined && inodeKind(mode) === 'fifo' ? inode?.ptr('i_pipe') : undefined;
}
