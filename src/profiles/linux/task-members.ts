/**
 * Where the members of `task_struct` are, each told by what is true of it in every task at once. What no rule proves is
 * not found.
 *
 * Source: meaning and order of the members in Linux `include/linux/sched.h` and `include/linux/sched/signal.h`, 4.9 to
 * 6.12. The rules hold for thread_info inside of task_struct, as x86 has had it since 4.9.
 */
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { SampledTask, TaskSample } from './task-sample.js';

/** PF_KTHREAD (include/linux/sched.h), the same since 2.6. */
const KERNEL_THREAD = 0x0020_0000;
/** include/linux/sched.h, include/uapi/asm-generic/signal.h. */
const EXIT_DEAD = 0x10;
const EXIT_ZOMBIE = 0x20;
const SIGCHLD = 17;
/** Bits of `state` (include/linux/sched.h): sleeping, stopped, traced, parked, dead, wakekill, noload, new, freezable … */
const TASK_STATE_BITS = 0xffff;
/** At most three of them are ever set together (dead sleep, killable, freezable). */
const MAX_STATE_BITS = 3;
/** Longer than any machine has been up, in nanoseconds. */
const TEN_YEARS = 10n * 365n * 86_400n * 1_000_000_000n;

/** Looks for each member by what is true of it in every task. */
export class TaskMembers {
  readonly #sample: TaskSample;
  readonly #space: PagedAddressSpace;
  readonly #pointer: 4 | 8;
  readonly #idle: SampledTask;
  /** All but the idle task: `init` first, `kthreadd` second. */
  readonly #others: readonly SampledTask[];
  readonly #byAddress: ReadonlySet<bigint>;
  readonly mm: number | undefined;
  readonly cred: number | undefined;
  readonly signal: { readonly signal: number; readonly node: number; readonly head: number } | undefined;

  constructor(sample: TaskSample, space: PagedAddressSpace) {
    this.#sample = sample;
    this.#space = space;
    this.#pointer = sample.pointerSize;
    this.#idle = sample.tasks[0] as SampledTask;
    this.#others = sample.tasks.slice(1);
    this.#byAddress = new Set(sample.tasks.map(({ address }) => address));
    this.mm = this.#findMm();
    this.cred = this.#findCred();
    this.signal = this.#findSignal();
  }

  /** The first offset (multiples of `step`) at which `holds` is true of every task; with `idle` also of the idle one. */
  #first(step: number, holds: (task: SampledTask, offset: number) => boolean, from = 0): number | undefined {
    // All that is looked for stands before `comm`; behind, other objects may begin.
    for (let offset = from; offset < this.#sample.commOffset; offset += step) {
      if (this.#others.every((task) => holds(task, offset))) return offset;
    }
    return undefined;
  }

  /** The same number twice (`pid`, `tgid` of group leaders): 0 for the idle task, then 1 and 2, all different. */
  findPid(): number | undefined {
    const [init, kthreadd] = this.#others;
    return this.#first(4, (task, offset) => {
      if (this.#idle.u32(offset) !== 0 || init?.u32(offset) !== 1 || kthreadd?.u32(offset) !== 2) return false;
      const pid = task.u32(offset);
      return pid > 0 && pid < 1 << 22 && task.u32(offset + 4) === pid;
    });
  }

  /** Twice a task: `real_parent` and (nobody being traced) `parent`; of `init` and `kthreadd` the idle task. */
  findParent(): number | undefined {
    const [init, kthreadd] = this.#others;
    return this.#first(this.#pointer, (task, offset) => {
      const fromIdle = [this.#idle, init, kthreadd].every((first) => first?.pointer(offset) === this.#idle.address);
      return (
        fromIdle &&
        this.#byAddress.has(task.pointer(offset)) &&
        this.#byAddress.has(task.pointer(offset + this.#pointer))
      );
    });
  }

  /** The task itself, somewhere behind `parent`. */
  findGroupLeader(parent: number): number | undefined {
    return this.#first(this.#pointer, (task, offset) => task.pointer(offset) === task.address, parent);
  }

  /** `mm` and `active_mm`: the same for a process; nothing and something for a kernel thread. */
  #findMm(): number | undefined {
    const [init, kthreadd] = this.#others;
    return this.#first(
      this.#pointer,
      (task, offset) => {
        if (kthreadd?.pointer(offset) !== 0n || init?.pointer(offset) === 0n) return false;
        const mm = task.pointer(offset);
        const active = task.pointer(offset + this.#pointer);
        // A zombie has neither.
        return mm === 0n ? active === 0n || this.#isKernel(active) : this.#isKernel(mm) && mm === active;
      },
      this.#sample.tasksOffset,
    );
  }

  /** `exit_state`, `exit_code`, `exit_signal` behind the address space: alive or dead; a program's end is told by SIGCHLD. */
  findExitState(): number | undefined {
    if (this.mm === undefined) return undefined;
    const start = this.mm + 2 * this.#pointer;
    const mm = this.mm;
    const programs = this.#others.filter((task) => task.pointer(mm) !== 0n);
    for (let offset = start; offset < start + 128; offset += 4) {
      const states = this.#others.every((task) => [0, EXIT_DEAD, EXIT_ZOMBIE].includes(task.u32(offset)));
      const told = programs.filter((task) => task.u32(offset + 8) === SIGCHLD);
      if (states && told.length * 2 > programs.length && told.includes(programs[0] as SampledTask)) return offset;
    }
    return undefined;
  }

  /** Just before `comm`, perhaps with one pointer between: twice the same pointer. */
  #findCred(): number | undefined {
    const pointer = this.#pointer;
    const { commOffset } = this.#sample;
    for (const offset of [commOffset - 2 * pointer, commOffset - 3 * pointer]) {
      const agree = this.#others.every((task) => {
        const real = task.pointer(offset);
        return this.#isKernel(real) && real === task.pointer(offset + pointer);
      });
      if (agree) return offset;
    }
    return undefined;
  }

  /** Eight ids, user and group in turn, mostly all the same; behind a count, on 64 bits of either width. */
  findIds(): number | undefined {
    const { cred } = this;
    if (cred === undefined) return undefined;
    const creds = this.#others.map((task) => {
      const bytes = Buffer.alloc(40);
      return this.#space.read(task.pointer(cred), bytes) === bytes.length ? bytes : undefined;
    });
    const idsAt = (start: number) =>
      creds.flatMap((bytes) =>
        bytes === undefined ? [] : [[0, 1, 2, 3, 4, 5].map((i) => bytes.readUInt32LE(start + i * 4))],
      );
    if (this.#pointer === 4) return 4;
    return [4, 8].find((start) => {
      const ids = idsAt(start);
      const paired = ids.every(
        ([uid, gid, suid, sgid, euid, egid]) => uid === suid && uid === euid && gid === sgid && gid === egid,
      );
      // Root's are all zero, which says nothing: somebody else has to be logged in.
      return paired && ids.some(([uid, gid]) => uid !== 0 && gid !== 0);
    });
  }

  /** `signal->thread_head` and `thread_node` of a process with one thread point at each other. */
  #findSignal(): { readonly signal: number; readonly node: number; readonly head: number } | undefined {
    const pointer = this.#pointer;
    const [init] = this.#others;
    if (init === undefined) return undefined;
    for (let signal = this.#sample.commOffset + 16; signal < this.#sample.commOffset + 256; signal += pointer) {
      const address = init.pointer(signal);
      if (!this.#isKernel(address)) continue;
      for (let node = 0; node < this.#sample.commOffset; node += pointer) {
        const head = Number(init.pointer(node) - address);
        if (head < 12 || head > 64 || init.pointer(node + pointer) !== init.pointer(node)) continue;
        const agree = this.#others.slice(0, 16).every((task) => this.#isThreadList(task, signal, node, head));
        if (agree) return { signal, node, head };
      }
    }
    return undefined;
  }

  /** Whether the task's list of threads begins at its signal_struct's head. */
  #isThreadList(task: SampledTask, signal: number, node: number, head: number): boolean {
    const start = task.pointer(signal) + BigInt(head);
    return this.#pointerIn(start) === task.address + BigInt(node) || task.pointer(node + this.#pointer) === start;
  }

  /** PF_KTHREAD exactly where there is no address space, and set for the idle task. */
  findFlags(): number | undefined {
    const mm = this.mm;
    if (mm === undefined) return undefined;
    const isKernelThread = (task: SampledTask, offset: number): boolean => (task.u32(offset) & KERNEL_THREAD) !== 0;
    return this.#first(4, (task, offset) => {
      const [init] = this.#others;
      if (!isKernelThread(this.#idle, offset) || init === undefined || isKernelThread(init, offset)) return false;
      // A zombie has lost its address space and is no kernel thread.
      return isKernelThread(task, offset) ? task.pointer(mm) === 0n : task.u32(offset) < KERNEL_THREAD * 1024;
    });
  }

  /** Two clocks at the task's creation, rising along the list; the second counts time asleep as well. */
  findStartTime(): number | undefined {
    const step = this.#pointer;
    return this.#first(step, (task, offset) => {
      const index = this.#others.indexOf(task);
      const start = task.u64(offset);
      const boot = task.u64(offset + 8);
      const before = index === 0 ? 0n : (this.#others[index - 1] as SampledTask).u64(offset);
      return start > 0n && start < TEN_YEARS && start >= before && boot >= start && boot < TEN_YEARS;
    });
  }

  /** Each task's own block of pages; given back already by one that is dead. */
  findStack(): number | undefined {
    const mask = this.#pointer === 8 ? 0x3fffn : 0x1fffn;
    return this.#first(this.#pointer, (task, offset) => {
      const stack = task.pointer(offset);
      return (stack === 0n && task !== this.#others[0]) || (this.#isKernel(stack) && (stack & mask) === 0n);
    });
  }

  /** Before the stack, perhaps with the state saved by a lock between (since 6.7 on all kernels). */
  findState(stack: number): number | undefined {
    const candidates = this.#pointer === 8 ? [stack - 8] : [stack - 8, stack - 4];
    const [init, kthreadd] = this.#others;
    return candidates.find(
      (offset) =>
        offset >= 0 &&
        [init, kthreadd].every((task) => isAsleep(task?.u32(offset) ?? 0)) &&
        this.#others.every((task) => isTaskState(task.u32(offset))),
    );
  }

  /** In `mm_struct`, the pointer to a page that maps what the kernel's own root maps. */
  findPgd(): number | undefined {
    const { mm } = this;
    if (mm === undefined) return undefined;
    const users = this.#others.filter((task) => task.pointer(mm) !== 0n).slice(0, 8);
    for (let offset = 0; offset < 512; offset += this.#pointer) {
      const roots = users.map((task) => this.#pointerIn(task.pointer(mm) + BigInt(offset)));
      if (roots.length > 0 && roots.every((root) => root !== undefined && this.#isRoot(root))) return offset;
    }
    return undefined;
  }

  #isKernel(address: bigint): boolean {
    // Five-level paging begins its upper half here, four-level paging higher.
    return this.#pointer === 8 ? address >= 0xff00_0000_0000_0000n : address >= 0xc000_0000n;
  }

  #pointerIn(address: bigint): bigint | undefined {
    const bytes = Buffer.alloc(this.#pointer);
    if (this.#space.read(address, bytes) < bytes.length) return undefined;
    return this.#pointer === 8 ? bytes.readBigUInt64LE() : BigInt(bytes.readUInt32LE());
  }

  /** Whether the tables at `address` map the idle task to where the kernel's own do. */
  #isRoot(address: bigint): boolean {
    const table = this.#isKernel(address) ? this.#space.translate(address) : undefined;
    const task = this.#space.translate(this.#idle.address);
    if (table?.kind !== 'mapped' || task.kind !== 'mapped') return false;
    const own = new PagedAddressSpace('process', this.#space.memory, this.#space.mode, table.physical);
    const there = own.translate(this.#idle.address);
    return there.kind === 'mapped' && there.physical === task.physical;
  }
}

/** TASK_INTERRUPTIBLE or TASK_UNINTERRUPTIBLE: what a process waits in that has nothing to do. */
const isAsleep = (state: number): boolean => (state & 3) !== 0;

function isTaskState(value: number): boolean {
  let bits = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return value >= 0 && value <= TASK_STATE_BITS && bits <= MAX_STATE_BITS;
}
