/**
 * The memory areas of a process (`vm_area_struct`), as /proc/PID/maps lists them, byte for byte.
 *
 * Rules of fs/proc/task_mmu.c (4.14 to 6.12). Whether an area's pages are in memory is `residency.ts`'s subject.
 */
import type { StructView } from '../struct-view.js';
import { areaName } from './area-name.js';
import type { LinuxKernel } from './kernel.js';
import { chainEntries } from './lists.js';
import { mapleEntries } from './maple-tree.js';

/** Bits of `vm_flags` (include/linux/mm.h), unchanged since 2.6. */
export const VM = {
  read: 0x1,
  write: 0x2,
  exec: 0x4,
  shared: 0x8,
  mayShare: 0x80,
  growsDown: 0x100,
  pfnMap: 0x400,
  io: 0x4000,
} as const;

export interface MemoryArea {
  readonly vma: StructView;
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
  /** The lower 32 bits of `vm_flags`. */
  readonly flags: number;
  /** `rwxp` with `-` for what is not allowed and `s` for shared mappings. */
  readonly protection: string;
  /** Offset in the mapped file in bytes; 0 without a file. */
  readonly offset: bigint;
  /** `major:minor` of the file's device in hex, as maps prints it; `00:00` without a file. */
  readonly device: string;
  /** Inode number of the file; 0 without one. */
  readonly inode: bigint;
  /** The mapped `struct file`. */
  readonly file: StructView | undefined;
  /** What maps shows as path, ` (deleted)` included; `[heap]`, `[stack]`, …; '' for plain anonymous memory. */
  readonly path: string;
}

/** The areas of an `mm_struct`, ascending, the vsyscall page last where the process has one. */
export function* mmAreas(kernel: LinuxKernel, mm: StructView): Generator<MemoryArea> {
  for (const vma of vmas(kernel, mm)) {
    const area = areaOf(kernel, mm, vma);
    if (area !== undefined) yield area;
  }
  const gate = gateArea(kernel, mm);
  if (gate !== undefined) yield gate;
}

function* vmas(kernel: LinuxKernel, mm: StructView): Generator<StructView> {
  // A maple tree since 6.1, a list threaded through the areas before.
  if (!mm.has('mm_mt')) {
    yield* chainEntries(kernel, mm.ptr('mmap'), 'vm_area_struct', 'vm_next');
    return;
  }
  for (const { entry } of mapleEntries(kernel, mm.addressOf('mm_mt'))) {
    // Reserved values of the tree (xa_is_zero, errors) are small or odd; areas are aligned pointers.
    if ((entry & 3n) === 0n && entry > 4096n) yield kernel.struct('vm_area_struct', entry);
  }
}

function areaOf(kernel: LinuxKernel, mm: StructView, vma: StructView): MemoryArea | undefined {
  const start = vma.ptr('vm_start');
  const end = vma.ptr('vm_end');
  const bits = vma.big('vm_flags');
  if (start === undefined || end === undefined || bits === undefined) return undefined;
  if (end <= start) {
    kernel.faults.note(vma.address, 'a memory area that ends before it starts');
    return undefined;
  }
  const flags = Number(bits & 0xffff_ffffn);
  const file = vma.follow('vm_file');
  const inode = file?.follow('f_inode');
  return {
    vma,
    start,
    end,
    flags,
    protection: protectionText(flags),
    offset: file === undefined ? 0n : (vma.big('vm_pgoff') ?? 0n) << 12n,
    device: deviceText(inode?.follow('i_sb')?.num('s_dev') ?? 0),
    inode: inode?.big('i_ino') ?? 0n,
    file,
    path: areaName(kernel, mm, { vma, start, end, file }),
  };
}

function protectionText(flags: number): string {
  const letter = (bit: number, shown: string, otherwise = '-') => ((flags & bit) === 0 ? otherwise : shown);
  return `${letter(VM.read, 'r')}${letter(VM.write, 'w')}${letter(VM.exec, 'x')}${letter(VM.mayShare, 's', 'p')}`;
}

/** A kernel-internal `dev_t`: 20 bits of minor below the major (MINORBITS, include/linux/kdev_t.h). */
function deviceText(device: number): string {
  const part = (value: number) => value.toString(16).padStart(2, '0');
  return `${part(device >>> 20)}:${part(device & 0xfffff)}`;
}

/** Bit 1 of `mm_context_t.flags`: the vsyscall page is accessible (arch/x86/include/asm/mmu.h, since 5.5). */
const HAS_VSYSCALL = 2n;
/** `vsyscall_mode` (arch/x86/entry/vsyscall/vsyscall_64.c, since 5.3): 0 emulate, 1 execute only, 2 none. */
const VSYSCALL_NONE = 2;

/** The one vsyscall area that all 64-bit processes share; undefined when the kernel shows none. */
function gateArea(kernel: LinuxKernel, mm: StructView): MemoryArea | undefined {
  const gate = kernel.address('gate_vma');
  const mode = kernel.address('vsyscall_mode');
  if (gate === undefined || mode === undefined || !mm.has('context.flags')) return undefined;
  const shown = kernel.space.view(mode, 1)?.[0] ?? VSYSCALL_NONE;
  if (shown >= VSYSCALL_NONE || ((mm.big('context.flags') ?? 0n) & HAS_VSYSCALL) === 0n) return undefined;
  return areaOf(kernel, mm, kernel.struct('vm_area_struct', gate));
}
