/**
 * What a kernel thread runs: its function and argument, and for workers the work in hand.
 *
 * Source: kernel/kthread.c (struct kthread), kernel/workqueue_internal.h (struct worker), 4.14 to 6.12.
 */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { isWorker } from './task-facts.js';

export interface KernelThread {
  /** As /proc/PID/comm shows it: longer than `comm`, with a worker's queue. */
  readonly name: string | undefined;
  /** Function that the thread was made with. Not kept before 5.8, nor for kthreadd. */
  readonly entry: bigint | undefined;
  /** Its argument. */
  readonly argument: bigint | undefined;
  /** Of a worker: the function of the work in hand, or else of the last one. */
  readonly work: bigint | undefined;
}

/** What is known of a kernel thread. */
export function kernelThread(kernel: LinuxKernel, task: StructView): KernelThread {
  const kthread = kthreadOf(kernel, task);
  const argument = kthread?.ptr('data');
  const worker =
    argument !== undefined && argument !== 0n && isWorker(task) && kernel.field('worker', 'task') !== undefined
      ? kernel.struct('worker', argument)
      : undefined;
  return {
    name: fullName(task, kthread, worker),
    entry: kthread?.has('threadfn') === true ? nonZero(kthread.ptr('threadfn')) : undefined,
    argument: nonZero(argument),
    work: worker && (nonZero(worker.ptr('current_func')) ?? lastWork(worker)),
  };
}

/** The record behind the task: in `worker_private` since 5.17, in `set_child_tid` before, which kernel threads don't need. */
function kthreadOf(kernel: LinuxKernel, task: StructView): StructView | undefined {
  if (kernel.field('kthread', 'data') === undefined) return undefined;
  return task.follow(task.has('worker_private') ? 'worker_private' : 'set_child_tid', 'kthread');
}

function fullName(task: StructView, kthread: StructView | undefined, worker: StructView | undefined) {
  const name = (kthread?.has('full_name') === true ? kthread.textAt('full_name', 64) : undefined) ?? task.text('comm');
  const queue = worker?.text('desc');
  if (name === undefined || queue === undefined || queue === '' || worker === undefined) return name;
  // wq_worker_comm: + while it works for the queue, - when it did last. An idle rescuer has no pool.
  if (worker.ptr('pool') === 0n) return name;
  return `${name}${worker.ptr('current_work') === 0n ? '-' : '+'}${queue}`;
}

function lastWork(worker: StructView): bigint | undefined {
  return worker.has('last_func') ? nonZero(worker.ptr('last_func')) : undefined;
}

function nonZero(value: bigint | undefined): bigint | undefined {
  return value === 0n ? undefined : value;
}
