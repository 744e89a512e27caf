/**
 * Finds task structures without following the task list: in the slab pages they are allocated from, and by their
 * pattern anywhere in physical memory. So also those that have exited and those that were unlinked.
 *
 * The pattern: a pointer to one of the scheduling classes that known tasks have, where `sched_class` lies, and around
 * it nothing that a task cannot hold (`isPlausibleTask`).
 */
import { scanChunks } from '../../memory/scan-chunks.js';
import type { StructView } from '../struct-view.js';
import { directMap } from './direct-map.js';
import type { LinuxKernel } from './kernel.js';
import { cacheOf, slabObjects } from './slab.js';
import { processes, threadsOf } from './tasks.js';

/** How a task was found. `slab`: in use by its allocator; `freed slab`: in a slot that was given back. */
export type TaskSource = 'task list' | 'slab' | 'freed slab' | 'pattern';

export interface FoundTask {
  readonly task: StructView;
  readonly sources: ReadonlySet<TaskSource>;
}

/** All tasks found in any way, those on the task list first. `progress` is told bytes scanned. */
export function findTasks(kernel: LinuxKernel, progress: (done: number) => void = () => {}): FoundTask[] {
  const found = new Map<bigint, { task: StructView; sources: Set<TaskSource> }>();
  const add = (address: bigint, source: TaskSource) => {
    const known = found.get(address);
    if (known === undefined)
      found.set(address, { task: kernel.struct('task_struct', address), sources: new Set([source]) });
    else known.sources.add(source);
  };
  for (const leader of processes(kernel)) {
    for (const task of threadsOf(kernel, leader)) add(task.address, 'task list');
  }
  for (const { address, inUse } of taskSlots(kernel)) {
    if (found.has(address) || isPlausibleTask(kernel.struct('task_struct', address))) {
      add(address, inUse ? 'slab' : 'freed slab');
    }
  }
  for (const address of tasksByPattern(kernel, progress)) add(address, 'pattern');
  return [...found.values()];
}

/** Every slot of the cache that tasks are allocated from, in use or not. */
export function* taskSlots(kernel: LinuxKernel) {
  for (const task of processes(kernel)) {
    const cache = cacheOf(kernel, task.address);
    if (cache === undefined) continue;
    yield* slabObjects(kernel, cache);
    return;
  }
}

/** Addresses of task structures found by their pattern, in order of physical address. */
function* tasksByPattern(kernel: LinuxKernel, progress: (done: number) => void): Generator<bigint> {
  const classes = schedulingClasses(kernel);
  if (classes.size === 0) return;
  const { addressOf } = directMap(kernel);
  // The first idle task lies in the kernel's own image; its address there is the one that other tasks point to.
  const idle = kernel.global('init_task', 'task_struct');
  const translation = kernel.space.translate(idle.address);
  const idlePhysical = translation.kind === 'mapped' ? translation.physical : undefined;
  const offset = kernel.struct('task_struct', 0n).field('sched_class').offset;
  for (const { address, bytes } of scanChunks(kernel.memory)) {
    progress(address);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    for (const at of pointersTo(classes, words, offset % ALIGNMENT, kernel.is64Bit)) {
      const physical = address + at - offset;
      if (physical < 0) continue;
      const task = kernel.struct('task_struct', physical === idlePhysical ? idle.address : addressOf(physical));
      if (isPlausibleTask(task)) yield task.address;
    }
  }
}

/**
 * Where in `words`, the contents of whole pages, one of the pointers lies that are `targets`, at a distance of `phase`
 * bytes from a multiple of ALIGNMENT. Targets lie close together: most memory is told by one comparison.
 */
function pointersTo(targets: ReadonlySet<bigint>, words: Uint32Array, phase: number, is64Bit: boolean): number[] {
  const found: number[] = [];
  const lows = [...targets].map((address) => Number(address & 0xffff_ffffn));
  const lowest = Math.min(...lows);
  const span = Math.max(...lows) - lowest;
  for (let index = phase / 4; index < words.length; index += ALIGNMENT / 4) {
    const low = words[index] as number;
    // A difference below zero wraps around to beyond the span.
    if ((low - lowest) >>> 0 > span) continue;
    const high = is64Bit ? (words[index + 1] as number) : 0;
    if (targets.has(BigInt(low) | (BigInt(high) << 32n))) found.push(index * 4);
  }
  return found;
}

/** The allocator aligns tasks to a cache line, 32 bytes on the smallest machines. */
const ALIGNMENT = 32;

/** Addresses of the scheduling classes that the tasks on the list and the idle task have. */
function schedulingClasses(kernel: LinuxKernel): Set<bigint> {
  const classes = new Set<bigint>();
  const note = (task: StructView) => {
    const address = task.ptr('sched_class');
    if (address !== undefined && address !== 0n) classes.add(address);
  };
  note(kernel.global('init_task', 'task_struct'));
  for (const task of processes(kernel)) note(task);
  return classes;
}

/** PID_MAX_LIMIT on 64-bit kernels (include/linux/threads.h). */
const MAX_PID = 4 * 1024 * 1024;
/** MAX_PRIO (include/linux/sched/prio.h). */
const MAX_PRIO = 140;
/** EXIT_DEAD | EXIT_ZOMBIE (include/linux/sched.h). */
const EXIT_STATES = 0x30;
const PRINTABLE = /^[^\p{Cc}\ufffd]+$/u;

/**
 * True when nothing in the structure contradicts that it is, or was, a task. Its readable name, numbers within the
 * kernel's limits and kernel pointers where a task must have them leave no room for other data in practice.
 */
export function isPlausibleTask(task: StructView): boolean {
  const faults = task.context.faults.count;
  const plausible = CHECKS.every((check) => check(task));
  // What is no task must not make the rows around it look incomplete.
  task.context.faults.count = faults;
  return plausible;
}

const within = (value: number | undefined, least: number, most: number) =>
  value !== undefined && value >= least && value <= most;

const CHECKS: readonly ((task: StructView) => boolean)[] = [
  (task) => within(task.num('pid'), 0, MAX_PID) && within(task.num('tgid'), 0, MAX_PID),
  (task) => within(task.num('prio'), -1, MAX_PRIO) && within(task.num('static_prio'), 0, MAX_PRIO),
  (task) => ((task.num('exit_state') ?? -1) & ~EXIT_STATES) === 0,
  (task) => hasName(task),
  (task) => ['tasks.next', 'group_leader', 'real_parent', 'signal'].every((path) => isPointer(task, path)),
  (task) => isPointer(task, 'tasks.prev') || isPoison(task.ptr('tasks.prev')),
  // Both credentials are cleared when the last user is gone (exit_creds).
  (task) => ['cred', 'real_cred', 'mm', 'active_mm'].every((path) => task.ptr(path) === 0n || isPointer(task, path)),
];

function hasName(task: StructView): boolean {
  const bytes = task.bytes('comm');
  return bytes?.includes(0) === true && PRINTABLE.test(task.text('comm') ?? '');
}

/** A pointer into the kernel's half of the address space, aligned as its structures are. */
function isPointer(task: StructView, path: string): boolean {
  const pointer = task.ptr(path);
  if (pointer === undefined || (pointer & 3n) !== 0n) return false;
  return task.context.space.pointerSize === 8
    ? pointer >> 47n === 0x1ffffn || pointer >> 56n === 0xffn
    : pointer >= KERNEL_32;
}

/** LIST_POISON2, left behind when a task is taken off the list: 0x122 (0x200 until 4.14) above the architecture's base. */
function isPoison(pointer: bigint | undefined): boolean {
  return pointer !== undefined && POISONS.some((poison) => (pointer & 0xfffn) === poison);
}

const POISONS = [0x122n, 0x200n];

/** The lowest kernel address of the 3:1 split is 0xc0000000; other splits (VMSPLIT) begin here. */
const KERNEL_32 = 0x4000_0000n;
