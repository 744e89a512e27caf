/**
 * Kernel functions whose entry means that something happens, and what it happens to. Each has had its name and its first
 * argument from Linux 4.0 to 6.12, and is a function of its own in every build:
 *
 * - `wake_up_new_task(task)` (kernel/sched/core.c): what fork, clone, vfork and kernel threads end in; not static. The task
 *   is complete and on all lists, and has not run. Also called for threads.
 * - `do_exit(code)` (kernel/exit.c): by the task that ends, before anything of it is given back; not static. Also by
 *   threads.
 * - `do_init_module(module)` (kernel/module.c, kernel/module/main.c since 5.19): `noinline`, by its own comment, for those
 *   who set breakpoints. The module is listed and relocated; its code has not run.
 */
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { processes, threadsOf } from '../../objects/linux/tasks.js';
import type { StructView } from '../../objects/struct-view.js';

/** The processor at the entry of a function. */
export interface FunctionEntry {
  readonly firstArgument: bigint;
  readonly stackPointer: bigint;
}

export interface KernelFunction {
  readonly symbol: string;
  /** What it is about; undefined when this entry is not the event (a thread rather than a process). */
  subject(kernel: LinuxKernel, entry: FunctionEntry): string | undefined;
}

export const KERNEL_FUNCTIONS = {
  'process-create': {
    symbol: 'wake_up_new_task',
    subject: (kernel, { firstArgument }) => processNamed(kernel.struct('task_struct', firstArgument)),
  },
  'process-exit': {
    symbol: 'do_exit',
    subject: (kernel, { stackPointer }) => {
      const task = taskOnStack(kernel, stackPointer);
      return task === undefined ? 'an unknown process' : processNamed(task);
    },
  },
  'module-load': {
    symbol: 'do_init_module',
    subject: (kernel, { firstArgument }) => kernel.struct('module', firstArgument).text('name') ?? 'an unknown module',
  },
} as const satisfies Record<string, KernelFunction>;

/** A process is its first thread; undefined for the others. */
function processNamed(task: StructView): string | undefined {
  const pid = task.num('pid');
  if (pid !== task.num('tgid')) return undefined;
  return `${task.text('comm') ?? '?'} (pid ${pid ?? '?'})`;
}

/** No architecture's kernel stack is larger (KASAN on amd64: 32 KiB). */
const LARGEST_STACK = 0x8000n;

/** The task that runs is the one on whose stack the processor is: nothing per processor needs to be known. */
function taskOnStack(kernel: LinuxKernel, stackPointer: bigint): StructView | undefined {
  let best: { readonly task: StructView; readonly stack: bigint } | undefined;
  for (const leader of processes(kernel)) {
    for (const task of threadsOf(kernel, leader)) {
      const stack = task.ptr('stack');
      if (stack === undefined || stack > stackPointer || stackPointer - stack > LARGEST_STACK) continue;
      if (best === undefined || stack > best.stack) best = { task, stack };
    }
  }
  return best?.task;
}
