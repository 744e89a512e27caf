/** The user memory of a task: its `mm_struct`, the address space that reads through it, strings and words of it. */
import type { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { readBytes, type StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

export interface UserMemory {
  readonly mm: StructView;
  readonly space: PagedAddressSpace;
}

/** The user memory of a task; undefined for kernel threads, exited tasks, and when its page tables are unreadable. */
export function userMemory(kernel: LinuxKernel, task: StructView): UserMemory | undefined {
  const mm = task.follow('mm');
  const space = mm && kernel.userSpace(mm, `pid ${task.num('tgid') ?? '?'}`);
  return mm && space && { mm, space };
}

/**
 * The readable prefix of `length` bytes at `start`, at most `limit` of them; what is missing is noted in the fault log.
 */
export function userBytes(kernel: LinuxKernel, { space }: UserMemory, start: bigint, length: number, limit: number) {
  const wanted = Math.min(Math.max(length, 0), limit);
  const bytes = new Uint8Array(wanted);
  const got = space.read(start, bytes);
  if (got < wanted) kernel.faults.note(start + BigInt(got), space.name);
  return bytes.subarray(0, got);
}

/** A word of user memory; undefined when it is not in memory. */
export function userWord(kernel: LinuxKernel, { space }: UserMemory, address: bigint): bigint | undefined {
  const bytes = readBytes(kernel.within(space), address, space.pointerSize);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return space.pointerSize === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
}
