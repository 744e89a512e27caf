/** Scheduler states of a task as `ps` prints them. */
import type { StructView } from '../struct-view.js';

/**
 * Letters by the lowest set bit of state | exit_state, after fs/proc/array.c (task_state_array) and
 * include/linux/sched.h (4.14 to 6.12): 0 running, then S D T t X Z P I.
 */
const LETTERS = ['R', 'S', 'D', 'T', 't', 'X', 'Z', 'P'] as const;
const REPORTED = 0x7f;
const TASK_IDLE = 0x402;

/** `S`, `R`, `Z`, … ; undefined when the state is unreadable. */
export function taskState(task: StructView): string | undefined {
  const state = task.num(task.has('__state') ? '__state' : 'state');
  const exit = task.num('exit_state');
  if (state === undefined || exit === undefined) return undefined;
  if ((state & TASK_IDLE) === TASK_IDLE) return 'I';
  const bits = (state | exit) & REPORTED;
  return LETTERS[bits === 0 ? 0 : 32 - Math.clz32(bits)] ?? '?';
}
