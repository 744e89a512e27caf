/** Walks over processes and their threads as the kernel links them. Nothing about hidden ones. */
import { readPointer, type StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { listEntries } from './lists.js';

/**
 * Address of the list head. Where no symbol says it, it is what the first process points back to: System was there
 * before all others.
 */
function activeProcessHead(kernel: WindowsKernel): bigint | undefined {
  const links = kernel.systemProcess.addressOf('ActiveProcessLinks');
  return kernel.address('PsActiveProcessHead') ?? readPointer(kernel, links + BigInt(kernel.profile.pointerSize));
}

/** The processes on the kernel's list, System first, in its order. The idle process is not on it. */
export function* processes(kernel: WindowsKernel): Generator<StructView> {
  const head = activeProcessHead(kernel);
  if (head !== undefined) yield* listEntries(kernel, head, '_EPROCESS', 'ActiveProcessLinks');
}

/** The threads of a process, in the order of their creation. */
export function* threadsOf(kernel: WindowsKernel, process: StructView): Generator<StructView> {
  yield* listEntries(kernel, process.addressOf('ThreadListHead'), '_ETHREAD', 'ThreadListEntry');
}
