/**
 * What /proc/PID/maps prints in its last column: the mapped file, `[heap]`, `[stack]`, `[vdso]`, a name given by prctl.
 *
 * The order of the rules is that of `show_map_vma` (fs/proc/task_mmu.c). Names of files come from `dentry-path.ts`.
 */
import { type StructView, textAt } from '../struct-view.js';
import { dentryPath } from './dentry-path.js';
import type { LinuxKernel } from './kernel.js';
import { symbolize } from './symbolize.js';

interface NamedArea {
  readonly vma: StructView;
  readonly start: bigint;
  readonly end: bigint;
  readonly file: StructView | undefined;
}

/** Longest name that prctl(PR_SET_VMA_ANON_NAME) takes (ANON_VMA_NAME_MAX_LEN), and more than any mapping's own. */
const MAX_NAME = 80;

/** The name of an area; '' when maps leaves the column empty. */
export function areaName(kernel: LinuxKernel, mm: StructView, area: NamedArea): string {
  const { vma, file } = area;
  if (file !== undefined) {
    const given = givenName(vma);
    if (given !== undefined) return `[anon_shmem:${given}]`;
    return filePath(kernel, file)?.replaceAll('\n', '\\012') ?? '';
  }
  const own = mappingName(kernel, vma);
  if (own !== undefined) return own;
  if (isHeap(kernel, mm, area)) return '[heap]';
  const stack = mm.ptr('start_stack');
  if (stack !== undefined && area.start <= stack && area.end >= stack) return '[stack]';
  const given = givenName(vma);
  return given === undefined ? '' : `[anon:${given}]`;
}

/** FMODE_BACKING: the file stands in for one of a stacked file system (overlayfs), whose path users know. */
const FMODE_BACKING = 1 << 25;

/** The path of an open file as maps and fd links show it; undefined when unreadable. */
export function filePath(kernel: LinuxKernel, file: StructView): string | undefined {
  // The flag first: a kernel that lacks the type would be searched for it through all its modules.
  const isBacking =
    ((file.num('f_mode') ?? 0) & FMODE_BACKING) !== 0 && kernel.field('backing_file', 'user_path') !== undefined;
  return dentryPath(kernel, isBacking ? file.as('backing_file').at('user_path') : file.at('f_path'))?.text;
}

/** Special mappings name themselves: `[vdso]`, `[vvar]`, `[uprobes]`; the vsyscall page by a function of its own. */
function mappingName(kernel: LinuxKernel, vma: StructView): string | undefined {
  const operation = vma.follow('vm_ops')?.ptr('name');
  if (operation === undefined || operation === 0n) return undefined;
  const symbol = symbolize(kernel, operation);
  if (symbol === 'gate_vma_name') return '[vsyscall]';
  if (symbol !== undefined && symbol !== 'special_mapping_name') return undefined;
  const mapping = vma.follow('vm_private_data', 'vm_special_mapping');
  return mapping?.textAt('name', MAX_NAME);
}

/**
 * The area that `brk` grows. Until 6.5 an area that merely touched it counted too, which an empty heap's neighbour
 * does (vma_is_initial_heap, include/linux/mm.h since 6.6).
 */
function isHeap(kernel: LinuxKernel, mm: StructView, { start, end }: NamedArea): boolean {
  const from = mm.ptr('start_brk');
  const to = mm.ptr('brk');
  if (from === undefined || to === undefined) return false;
  return kernel.atLeast(6, 6) ? start < to && end > from : start <= to && end >= from;
}

/** The name that the process gave its anonymous or shared memory (CONFIG_ANON_VMA_NAME, since 5.17). */
function givenName(vma: StructView): string | undefined {
  if (!vma.has('anon_name')) return undefined;
  // Until 6.1 a union with the tree node of file mappings, so that files had no such names.
  if (vma.field('anon_name').offset === vma.field('shared').offset && vma.ptr('vm_file') !== 0n) return undefined;
  const name = vma.follow('anon_name');
  return name && textAt(vma.context, name.addressOf('name'), MAX_NAME);
}
