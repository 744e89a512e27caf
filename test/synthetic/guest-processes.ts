/** The synthetic guest's tasks: descriptors, memory areas, arguments and threads, linked as the kernel links them. */
import type { GuestFiles } from './guest-files.js';
import type { GuestMemory } from './guest-memory.js';
import type { AreaTruth, ProcessTruth } from './guest-truth.js';
import { PageTables } from './page-tables.js';

const PF_KTHREAD = 0x0020_0000;
const TASK_INTERRUPTIBLE = 1;
const PAGE = 4096;
const NS = 1_000_000_000;
/** VM_READ, VM_WRITE, VM_EXEC, and VM_MAY* of a private mapping. */
const RIGHTS = { 'r-xp': 0x75, 'r--p': 0x71, 'rw-p': 0x73 } as const;
const VM_GROWSDOWN = 0x100;

export class GuestProcesses {
  readonly #memory: GuestMemory;
  readonly #files: GuestFiles;
  readonly #kernel: PageTables;
  readonly #bits: 32 | 64;
  readonly #symbol: (name: string, address: bigint) => bigint;
  readonly #nsproxy: bigint;
  readonly #fs: bigint;

  constructor(
    memory: GuestMemory,
    symbol: (name: string, address: bigint) => bigint,
    files: GuestFiles,
    kernel: PageTables,
    bits: 32 | 64,
  ) {
    this.#memory = memory;
    this.#symbol = symbol;
    this.#files = files;
    this.#kernel = kernel;
    this.#bits = bits;
    this.#nsproxy = memory.make('heap', 'nsproxy', { mnt_ns: files.namespace });
    const root = { mnt: files.vfsmount, dentry: files.root };
    this.#fs = memory.make('heap', 'fs_struct', {
      'root.mnt': root.mnt,
      'root.dentry': root.dentry,
      'pwd.mnt': root.mnt,
      'pwd.dentry': root.dentry,
    });
  }

  /** Writes `init_task` and all processes, in list order. */
  write(processes: readonly ProcessTruth[]): void {
    const memory = this.#memory;
    const idle = this.#symbol(
      'init_task',
      memory.make('image', 'task_struct', { comm: 'swapper/0', flags: PF_KTHREAD }),
    );
    const tasks = new Map<number, bigint>([[0, idle]]);
    for (const process of processes) tasks.set(process.pid, memory.make('heap', 'task_struct'));
    this.#leader(idle, idle, { pid: 0, ppid: 0, name: 'swapper/0', uid: 0, started: 0, kernelThread: true });
    for (const process of processes) {
      this.#leader(tasks.get(process.pid) as bigint, tasks.get(process.ppid) as bigint, process);
    }
    const all = [idle, ...processes.map(({ pid }) => tasks.get(pid) as bigint)];
    memory.ring(all.map((task) => memory.member(task, 'task_struct', 'tasks')));
    for (const [pid, task] of tasks) {
      const children = processes.filter(({ ppid }) => ppid === pid).map((child) => tasks.get(child.pid) as bigint);
      memory.ring([
        memory.member(task, 'task_struct', 'children'),
        ...children.map((child) => memory.member(child, 'task_struct', 'sibling')),
      ]);
      memory.ring([memory.member(task, 'task_struct', 'ptraced')]);
    }
  }

  #leader(task: bigint, parent: bigint, process: ProcessTruth): void {
    const memory = this.#memory;
    const others = process.threads ?? [];
    const signal = memory.make('heap', 'signal_struct', { nr_threads: 1 + others.length });
    const shared = {
      tgid: process.pid,
      real_parent: parent,
      parent,
      group_leader: task,
      signal,
      nsproxy: this.#nsproxy,
      fs: this.#fs,
      flags: process.kernelThread === true ? PF_KTHREAD : 0,
      __state: TASK_INTERRUPTIBLE,
      start_time: process.started * NS,
      start_boottime: process.started * NS,
      prio: 120,
      static_prio: 120,
      normal_prio: 120,
      ...this.#credentials(process.uid),
      ...(process.kernelThread === true ? {} : { mm: this.#mm(task, process), files: this.#descriptors(process) }),
    };
    memory.set(task, 'task_struct', { ...shared, pid: process.pid, comm: process.name });
    const threads = others.map((tid) =>
      memory.make('heap', 'task_struct', { ...shared, pid: tid, comm: `${process.name}-${tid}` }),
    );
    memory.ring([
      memory.member(signal, 'signal_struct', 'thread_head'),
      ...[task, ...threads].map((each) => memory.member(each, 'task_struct', 'thread_node')),
    ]);
  }

  #credentials(id: number): { readonly cred: bigint; readonly real_cred: bigint } {
    const ids = ['uid', 'gid', 'suid', 'sgid', 'euid', 'egid', 'fsuid', 'fsgid'].map((name) => [`${name}.val`, id]);
    const cred = this.#memory.make('heap', 'cred', Object.fromEntries(ids));
    return { cred, real_cred: cred };
  }

  #descriptors({ files = [] }: ProcessTruth): bigint {
    const memory = this.#memory;
    const slots = new Array<bigint>(64).fill(0n);
    let open = 0n;
    for (const { fd, path, inode, access, position, deleted } of files) {
      slots[fd] = this.#files.open(path, inode, { access, position, deleted });
      open |= 1n << BigInt(fd);
    }
    const bitmap = (value: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(value);
      return memory.place('heap', bytes);
    };
    const table = memory.make('heap', 'fdtable', {
      max_fds: slots.length,
      fd: memory.pointers('heap', slots),
      close_on_exec: bitmap(0n),
      open_fds: bitmap(open),
    });
    return memory.make('heap', 'files_struct', { fdt: table });
  }

  #mm(owner: bigint, { argv = [], environment = [], exe, areas = [] }: ProcessTruth): bigint {
    const memory = this.#memory;
    const tables = new PageTables(memory.bytes, this.#bits, () => memory.takePage());
    tables.shareKernelHalf(this.#kernel);
    const stack = areas.find((area) => area.stack === true);
    const mm = memory.make('heap', 'mm_struct', {
      owner,
      exe_file: exe === undefined ? 0n : this.#files.open(exe, 5000, { access: 'r', position: 0 }),
      start_stack: stack === undefined ? 0 : stack.start + PAGE,
      start_brk: 0x601000,
      brk: 0x601000,
    });
    memory.set(mm, 'mm_struct', { pgd: memory.virtual(tables.root) });
    for (const area of areas) {
      for (let page = 0; page < area.pages; page++) {
        const physical = memory.takePage();
        tables.map(BigInt(area.start + page * PAGE), physical, {
          user: true,
          writable: area.protection[1] === 'w',
          executable: area.protection[2] === 'x',
        });
        if (area.stack === true && page === area.pages - 1) {
          this.#strings(mm, physical, area.start + page * PAGE, argv, environment);
        }
      }
    }
    this.#areas(mm, areas);
    return mm;
  }

  #strings(
    mm: bigint,
    physical: number,
    virtual: number,
    argv: readonly string[],
    environment: readonly string[],
  ): void {
    const args = Buffer.from(argv.map((each) => `${each}\0`).join(''));
    const env = Buffer.from(environment.map((each) => `${each}\0`).join(''));
    this.#memory.bytes.set(args, physical + 0x800);
    this.#memory.bytes.set(env, physical + 0x800 + args.length);
    const start = virtual + 0x800;
    this.#memory.set(mm, 'mm_struct', {
      arg_start: start,
      arg_end: start + args.length,
      env_start: start + args.length,
      env_end: start + args.length + env.length,
    });
  }

  /** One maple leaf as the root: gaps are NULL slots, pivots the last address of each range. */
  #areas(mm: bigint, areas: readonly AreaTruth[]): void {
    const memory = this.#memory;
    const word = memory.layouts.pointerSize;
    const node = memory.make('heap', 'maple_range_64', {}, 256);
    const pivots = memory.member(node, 'maple_range_64', 'pivot');
    const slots = memory.member(node, 'maple_range_64', 'slot');
    let slot = 0;
    const range = (last: number, entry: bigint) => {
      memory.pointer(pivots + BigInt(slot * word), BigInt(last));
      memory.pointer(slots + BigInt(slot * word), entry);
      slot++;
    };
    for (const area of areas) {
      const end = area.start + area.pages * PAGE;
      range(area.start - 1, 0n);
      const file = area.path === undefined ? 0n : this.#files.open(area.path, 5000, { access: 'r', position: 0 });
      const flags = RIGHTS[area.protection] | (area.stack === true ? VM_GROWSDOWN : 0);
      range(
        end - 1,
        memory.make('heap', 'vm_area_struct', {
          vm_start: area.start,
          vm_end: end,
          vm_mm: mm,
          vm_flags: flags,
          vm_file: file,
        }),
      );
    }
    // MAPLE_ROOT_NODE (2) and the type, maple_leaf_64 (1), in bits 3 to 6.
    memory.set(mm, 'mm_struct', { 'mm_mt.ma_root': node | (1n << 3n) | 2n });
  }
}
