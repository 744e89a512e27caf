/**
 * From a physical address back to who has it mapped: processes at which virtual address, the kernel image, a module,
 * or (on Linux) only the kernel's linear mapping.
 *
 * Built from page tables, once an image: a page that no table maps any more has no owner here, whatever it once was.
 */
import { hex, PAGE_SIZE } from '../core/address.js';
import type { PagedAddressSpace } from '../memory/paged-address-space.js';
import type { GuestKernel } from './guest-kernel.js';
import { directMap } from './linux/direct-map.js';
import { LinuxKernel } from './linux/kernel.js';
import { linuxRanges } from './linux/owned-ranges.js';
import { WindowsKernel } from './windows/kernel.js';
import { windowsRanges } from './windows/owned-ranges.js';

export interface PageOwner {
  /** Process id; undefined for the kernel. */
  readonly pid: number | undefined;
  /** Process name, `kernel`, or the module's name. */
  readonly name: string;
  /** Virtual address of the page. */
  readonly address: bigint;
}

/** Virtual memory that somebody has. */
export interface OwnedRange {
  readonly pid: number | undefined;
  readonly name: string;
  readonly space: PagedAddressSpace;
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
}

const MEMO = Symbol('page owners');

/** Owners of each mapped page frame. On Linux a frame without an entry is mapped by the kernel's linear mapping at most. */
export function pageOwners(kernel: GuestKernel): ReadonlyMap<number, readonly PageOwner[]> {
  return kernel.memo(MEMO, () => {
    const owners = new Map<number, PageOwner[]>();
    for (const { pid, name, space, start, end } of rangesOf(kernel)) {
      for (const leaf of space.leafEntries(start, end)) {
        if (leaf.present) addRun(leaf, (frame, address) => add(owners, frame, { pid, name, address }));
      }
    }
    return owners;
  });
}

function rangesOf(kernel: GuestKernel): Iterable<OwnedRange> {
  if (kernel instanceof LinuxKernel) return linuxRanges(kernel);
  return kernel instanceof WindowsKernel ? windowsRanges(kernel) : [];
}

function add(owners: Map<number, PageOwner[]>, frame: number, owner: PageOwner): void {
  const known = owners.get(frame);
  if (known === undefined) owners.set(frame, [owner]);
  else known.push(owner);
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

/**
 * Who has the byte at `physical` mapped, for a cell: `7 sh 0x7ffd1234`, `kernel 0xffffffff81…`, and the linear mapping of Linux;
 * nobody where no process and no module has.
 */
export function describeOwners(kernel: GuestKernel, physical: number): string[] {
  const inPage = BigInt(physical % PAGE_SIZE);
  const found = pageOwners(kernel).get(Math.floor(physical / PAGE_SIZE));
  if (found === undefined) {
    return kernel instanceof LinuxKernel ? [`linear ${hex(directMap(kernel).addressOf(physical))}`] : [];
  }
  return found.map(({ pid, name, address }) => `${pid === undefined ? '' : `${pid} `}${name} ${hex(address + inPage)}`);
}

/** True when one of the processes `pids` has the byte at `physical` mapped. */
export function mappedBy(kernel: GuestKernel, physical: number, pids: readonly number[]): boolean {
  const found = pageOwners(kernel).get(Math.floor(physical / PAGE_SIZE));
  return found?.some(({ pid }) => pid !== undefined && pids.includes(pid)) ?? false;
}
