/**
 * From a physical address back to who has it mapped: processes at which virtual address, the kernel image, a module,
 * or only the kernel's linear mapping.
 *
 * Built from page tables, once an image: a page that no table maps any more has no owner here, whatever it once was.
 */
import { hex, PAGE_SIZE } from '../../core/address.js';
import { directMap } from './direct-map.js';
import type { LinuxKernel } from './kernel.js';
import { loadedModules } from './symbolize.js';
import { processes } from './tasks.js';
import { userMemory } from './user-memory.js';

export interface PageOwner {
  /** Process id; undefined for the kernel. */
  readonly pid: number | undefined;
  /** Process name, `kernel`, or the module's name. */
  readonly name: string;
  /** Virtual address of the page. */
  readonly address: bigint;
}

const MEMO = Symbol('page owners');

/** Where user addresses end, whatever the paging mode: the canonical hole or the kernel's half. */
const USER_END = { 4: 0xc000_0000n, 8: 1n << 56n } as const;

/** Owners of each mapped page frame. A frame without an entry is mapped by the kernel's linear mapping at most. */
export function pageOwners(kernel: LinuxKernel): ReadonlyMap<number, readonly PageOwner[]> {
  return kernel.memo(MEMO, () => {
    const owners = new Map<number, PageOwner[]>();
    const add = (frame: number, owner: PageOwner) => {
      const known = owners.get(frame);
      if (known === undefined) owners.set(frame, [owner]);
      else known.push(owner);
    };
    addProcesses(kernel, add);
    addKernel(kernel, add);
    return owners;
  });
}

function addProcesses(kernel: LinuxKernel, add: (frame: number, owner: PageOwner) => void): void {
  for (const task of processes(kernel)) {
    const memory = userMemory(kernel, task);
    if (memory === undefined) continue;
    const pid = task.num('tgid');
    const name = task.text('comm') ?? '?';
    for (const leaf of memory.space.leafEntries(0n, USER_END[memory.space.pointerSize])) {
      if (leaf.present) addRun(leaf, (frame, address) => add(frame, { pid, name, address }));
    }
  }
}

function addKernel(kernel: LinuxKernel, add: (frame: number, owner: PageOwner) => void): void {
  const parts = loadedModules(kernel).flatMap(({ name, regions }) => regions.map((region) => ({ name, ...region })));
  const base = kernel.address('_stext');
  const end = kernel.address('_end');
  if (base !== undefined && end !== undefined) parts.push({ name: 'kernel', base, end });
  for (const part of parts) {
    for (const leaf of kernel.space.leafEntries(part.base, part.end)) {
      if (leaf.present) addRun(leaf, (frame, address) => add(frame, { pid: undefined, name: part.name, address }));
    }
  }
}

function addRun(
  leaf: { readonly start: bigint; readonly end: bigint; readonly physical: number },
  add: (frame: number, address: bigint) => void,
): void {
  const pages = Math.ceil(Number(leaf.end - leaf.start) / PAGE_SIZE);
  const first = Math.floor(leaf.physical / PAGE_SIZE);
  const start = leaf.start - (leaf.start % BigInt(PAGE_SIZE));
  for (let index = 0; index < pages; index++) add(first + index, start + BigInt(index * PAGE_SIZE));
}

/** Who has the byte at `physical` mapped, for a cell: `7 sh 0x7ffd1234`, `kernel 0xffffffff81…`, and the linear mapping. */
export function describeOwners(kernel: LinuxKernel, physical: number): string[] {
  const inPage = BigInt(physical % PAGE_SIZE);
  const found = pageOwners(kernel).get(Math.floor(physical / PAGE_SIZE));
  if (found === undefined) return [`linear ${hex(directMap(kernel).addressOf(physical))}`];
  return found.map(({ pid, name, address }) => `${pid === undefined ? '' : `${pid} `}${name} ${hex(address + inPage)}`);
}

/** True when one of the processes `pids` has the byte at `physical` mapped. */
export function mappedBy(kernel: LinuxKernel, physical: number, pids: readonly number[]): boolean {
  const found = pageOwners(kernel).get(Math.floor(physical / PAGE_SIZE));
  return found?.some(({ pid }) => pid !== undefined && pids.includes(pid)) ?? false;
}
