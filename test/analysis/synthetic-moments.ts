/** The synthetic guest at several moments: the same machine with single things changed the way a kernel changes them. */
import { Image } from '../../src/analysis/image.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import type { LinuxKernel } from '../../src/objects/linux/kernel.js';
import { processes } from '../../src/objects/linux/tasks.js';
import { bufferMemory } from '../profiles/buffer-memory.js';
import { linuxGuest } from '../synthetic/linux-guest.js';

/** Writes into a copy of the guest's memory, by kernel addresses. */
export class GuestEditor {
  readonly bytes: Buffer;
  readonly kernel: LinuxKernel;

  private constructor(bytes: Buffer, kernel: LinuxKernel) {
    this.bytes = bytes;
    this.kernel = kernel;
  }

  static async open(bytes: Buffer = linuxGuest(64)): Promise<GuestEditor> {
    const copy = Buffer.from(bytes);
    const image = new Image('synthetic', bufferMemory(copy), { cache: false });
    return new GuestEditor(copy, await image.requireLinux());
  }

  get memory(): PhysicalMemory {
    return bufferMemory(this.bytes);
  }

  task(pid: number) {
    for (const task of processes(this.kernel)) if (task.num('tgid') === pid) return task;
    throw new Error(`the synthetic guest has no process ${pid}`);
  }

  write(address: bigint, bytes: Uint8Array): this {
    const translated = this.kernel.space.translate(address);
    if (translated.kind !== 'mapped') throw new Error('not mapped');
    this.bytes.set(bytes, translated.physical);
    return this;
  }

  pointer(address: bigint, value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return this.write(address, bytes);
  }

  /** Changes the name of a process, as execve or prctl does. */
  rename(pid: number, name: string): this {
    const task = this.task(pid);
    return this.write(task.address + BigInt(task.field('comm').offset), Buffer.from(`${name}\0`));
  }

  /** Takes a process off the task list, as its end or a rootkit does. */
  unlink(pid: number): this {
    const task = this.task(pid);
    const next = task.ptr('tasks.next') ?? 0n;
    const previous = task.ptr('tasks.prev') ?? 0n;
    return this.pointer(previous, next).pointer(next + 8n, previous);
  }

  /** Gives a process a new start: what it would be had its number and its memory been used again. */
  restart(pid: number, nanoseconds: bigint): this {
    const task = this.task(pid);
    const name = task.has('start_boottime') ? 'start_boottime' : 'real_start_time';
    return this.pointer(task.address + BigInt(task.field(name).offset), nanoseconds);
  }

  /** Points a system call elsewhere. */
  hook(call: number, handler: bigint): this {
    return this.pointer(this.kernel.requireAddress('sys_call_table') + BigInt(call * 8), handler);
  }
}
