/**
 * Every task's bytes, found from `init_task` alone: the list that links all tasks is the one whose nodes have a
 * process name at the same distance as `init_task` has "swapper".
 *
 * What the bytes mean is `structural-types.ts`' business.
 */
import type { AddressSpace } from '../../memory/address-space.js';

/** Larger than any kernel's `task_struct` up to its `comm` (amd64 with everything: 5 KiB). */
const TASK_BYTES = 8 * 1024;
const MAX_TASKS = 65_536;
/** Fewer are no proof: an idle machine has this many kernel threads alone. */
const MIN_TASKS = 8;
const COMM_LENGTH = 16;

export interface TaskSample {
  readonly pointerSize: 4 | 8;
  /** The idle task first, then in list order. */
  readonly tasks: readonly SampledTask[];
  readonly tasksOffset: number;
  readonly commOffset: number;
}

/** One task's bytes, read once. Offsets that the task's page does not have read as -1. */
export class SampledTask {
  readonly address: bigint;
  readonly #bytes: Buffer;
  readonly #pointerSize: 4 | 8;

  constructor(address: bigint, bytes: Buffer, pointerSize: 4 | 8) {
    this.address = address;
    this.#bytes = bytes;
    this.#pointerSize = pointerSize;
  }

  get size(): number {
    return this.#bytes.length;
  }

  u32(offset: number): number {
    return offset + 4 <= this.#bytes.length ? this.#bytes.readUInt32LE(offset) : -1;
  }

  u64(offset: number): bigint {
    return offset + 8 <= this.#bytes.length ? this.#bytes.readBigUInt64LE(offset) : -1n;
  }

  pointer(offset: number): bigint {
    return this.#pointerSize === 8 ? this.u64(offset) : BigInt(this.u32(offset));
  }

  /** The printable text at `offset`, up to its NUL; undefined when that is no process name. */
  name(offset: number): string | undefined {
    const text = this.#bytes.subarray(offset, offset + COMM_LENGTH);
    const end = text.indexOf(0);
    if (end <= 0) return undefined;
    const name = text.toString('latin1', 0, end);
    return /^[\x20-\x7e]+$/.test(name) ? name : undefined;
  }

  /** Where `text` stands, up to its NUL; -1 when nowhere. */
  indexOf(text: string): number {
    return this.#bytes.indexOf(Buffer.from(text, 'latin1'));
  }
}

/** The tasks of `space`; undefined when `initTask` leads to no list of them. */
export function sampleTasks(space: AddressSpace, initTask: bigint): TaskSample | undefined {
  const idle = readTask(space, initTask);
  // "swapper/0", or "swapper" on kernels for one processor.
  const commOffset = idle?.indexOf('swapper') ?? -1;
  if (idle === undefined || commOffset < 0) return undefined;
  let best: readonly SampledTask[] = [];
  let tasksOffset = 0;
  for (let offset = 0; offset < commOffset; offset += space.pointerSize) {
    const tasks = walk(space, idle, offset, commOffset);
    if (tasks.length > best.length) {
      best = tasks;
      tasksOffset = offset;
    }
  }
  return best.length < MIN_TASKS ? undefined : { pointerSize: space.pointerSize, tasks: best, tasksOffset, commOffset };
}

/** The tasks on the list at `offset`; empty unless it comes back to its start through tasks that all have names. */
function walk(space: AddressSpace, idle: SampledTask, offset: number, commOffset: number): SampledTask[] {
  const tasks = [idle];
  const seen = new Set([idle.address]);
  let previous = idle;
  for (;;) {
    const address = previous.pointer(offset) - BigInt(offset);
    if (address === idle.address) return tasks;
    const task = seen.has(address) || tasks.length > MAX_TASKS ? undefined : readTask(space, address);
    if (task?.name(commOffset) === undefined) return [];
    // A list's nodes point back; chance does not.
    if (task.pointer(offset + space.pointerSize) !== previous.address + BigInt(offset)) return [];
    seen.add(address);
    tasks.push(task);
    previous = task;
  }
}

function readTask(space: AddressSpace, address: bigint): SampledTask | undefined {
  if (address <= 0n) return undefined;
  const bytes = Buffer.alloc(TASK_BYTES);
  const length = space.read(address, bytes);
  return length < 1024 ? undefined : new SampledTask(address, bytes.subarray(0, length), space.pointerSize);
}
