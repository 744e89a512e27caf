/**
 * Hides a process of a running guest the way rootkits do: takes its task out of the kernel's task list with two writes
 * to memory. The process runs on. For demonstrations and for testing what finds hidden processes.
 */
import { UserError } from '../core/errors.js';
import type { Machine } from '../emulator/machine/machine.js';
import type { LinuxKernel } from '../objects/linux/kernel.js';
import { processes } from '../objects/linux/tasks.js';

/** Unlinks the process `pid`. Throws `UserError` when it is not on the list or the list cannot be followed. */
export function hideProcess(machine: Machine, kernel: LinuxKernel, pid: number): void {
  const task = [...processes(kernel)].find((each) => each.num('tgid') === pid);
  const next = task?.ptr('tasks.next');
  const previous = task?.ptr('tasks.prev');
  if (next === undefined || previous === undefined) throw new UserError(`there is no process ${pid} to hide`);
  const member = kernel.struct('list_head', 0n);
  writePointer(machine, kernel, previous + BigInt(member.field('next').offset), next);
  writePointer(machine, kernel, next + BigInt(member.field('prev').offset), previous);
}

function writePointer(machine: Machine, kernel: LinuxKernel, address: bigint, value: bigint): void {
  const place = kernel.space.translate(address);
  if (place.kind !== 'mapped') throw new UserError('the task list lies in memory that is not there');
  const bytes = new Uint8Array(kernel.profile.pointerSize);
  for (let index = 0; index < bytes.length; index++) bytes[index] = Number((value >> BigInt(8 * index)) & 0xffn);
  machine.writeRam(place.physical, bytes);
}
