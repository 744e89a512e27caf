/**
 * The tables that system calls are dispatched through.
 * Source: KSERVICE_TABLE_DESCRIPTOR (ReactOS's NDK, ketypes.h); on amd64 since 6.0 entries are distances from the table,
 * shifted left by four, with the number of stack arguments below (Microsoft's public symbols of KiServiceTable).
 */
import { u32 } from '../../core/bytes.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { readBytes, readPointer } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { KERNEL_SPACE } from './kernel-windows.js';
import { processes, threadsOf } from './processes.js';

export interface SystemCall {
  /** 0: the kernel's own, 1: win32k's. */
  readonly table: number;
  readonly index: number;
  /** Address of the routine. */
  readonly routine: bigint;
}

/** The kernel's and win32k's; the places behind them were used by an old web server, and ReactOS has none. */
const TABLES = 2;
/** Numbers of system calls have 12 bits. */
const MAX_CALLS = 4096;

/** How far from the kernel's descriptors the shadow ones are looked for: both are variables of one file of its source. */
const NEAR = 0x1_0000n;

/** Every entry of every table that a thread can have. */
export function* systemCalls(kernel: WindowsKernel): Generator<SystemCall> {
  // The shadow descriptors are the kernel's and win32k's; the others lack win32k's.
  const descriptors = shadowDescriptors(kernel) ?? kernel.requireAddress('KeServiceDescriptorTable');
  for (let table = 0; table < TABLES; table++) {
    const descriptor = descriptorAt(kernel, descriptors, table);
    if (descriptor === undefined || descriptor.base === 0n) continue;
    if (descriptor.count > MAX_CALLS) kernel.faults.note(descriptor.base, 'system call table without an end');
    else yield* callsOf(kernel, table, descriptor.base, descriptor.count);
  }
}

function descriptorAt(kernel: WindowsKernel, descriptors: bigint, table: number) {
  const size = BigInt(kernel.profile.pointerSize);
  const at = descriptors + BigInt(table) * size * 4n;
  const base = readPointer(kernel, at);
  const limit = readBytes(kernel, at + size * 2n, 4);
  return base === undefined || limit === undefined ? undefined : { base, count: u32(limit, 0) };
}

/**
 * Address of the descriptors that threads with windows have: by their symbol, by such a thread, or by what they look like.
 * Undefined when there are none.
 */
function shadowDescriptors(kernel: WindowsKernel): bigint | undefined {
  const known = kernel.address('KeServiceDescriptorTableShadow');
  if (known !== undefined) return known;
  const plain = kernel.address('KeServiceDescriptorTable');
  if (plain === undefined) return undefined;
  return shadowOfThreads(kernel, plain) ?? shadowNearby(kernel, plain);
}

/** Until 6.1 each thread has a pointer to the descriptors that hold for it. A forged one has another table first. */
function shadowOfThreads(kernel: WindowsKernel, plain: bigint): bigint | undefined {
  if (!kernel.struct('_ETHREAD', 0n).has('Tcb.ServiceTable')) return undefined;
  for (const process of processes(kernel)) {
    for (const thread of threadsOf(kernel, process)) {
      const table = thread.ptr('Tcb.ServiceTable');
      if (table !== undefined && table !== 0n && table !== plain && isShadow(kernel, table, plain)) return table;
    }
  }
  return undefined;
}

function shadowNearby(kernel: WindowsKernel, plain: bigint): bigint | undefined {
  const step = BigInt(kernel.profile.pointerSize * 4);
  for (let distance = step; distance <= NEAR; distance += step) {
    for (const at of [plain + distance, plain - distance]) if (isShadow(kernel, at, plain)) return at;
  }
  return undefined;
}

/** Whether the first descriptor at `at` is that at `plain`, and the second one a table in the memory of drivers or of sessions. */
function isShadow(kernel: WindowsKernel, at: bigint, plain: bigint): boolean {
  const { pointerSize } = kernel.profile;
  // Looked at without the fault log: what only looks alike is no damage.
  if (kernel.space.view(at, pointerSize * 8) === undefined) return false;
  const own = descriptorAt(kernel, plain, 0);
  const first = descriptorAt(kernel, at, 0);
  const second = descriptorAt(kernel, at, 1);
  if (own === undefined || first === undefined || second === undefined) return false;
  const hasOwn = first.base === own.base && first.count === own.count && own.base !== 0n;
  return hasOwn && second.base >= KERNEL_SPACE[pointerSize].start && second.count > 0 && second.count <= MAX_CALLS;
}

function* callsOf(kernel: WindowsKernel, table: number, base: bigint, count: number): Generator<SystemCall> {
  const space = spaceWith(kernel, base);
  const entries = new Uint8Array(count * 4);
  const got = space.read(base, entries);
  if (got < entries.length) kernel.faults.note(base + BigInt(got), space.name);
  for (let index = 0; (index + 1) * 4 <= got; index++) {
    const entry = u32(entries, index * 4);
    const routine = kernel.is64Bit ? base + BigInt((entry | 0) >> 4) : BigInt(entry);
    yield { table, index, routine };
  }
}

/** An address space that has `address`: the kernel's, or of a process in a session, where win32k lies. */
function spaceWith(kernel: WindowsKernel, address: bigint): AddressSpace {
  if (kernel.space.view(address, 4) !== undefined) return kernel.space;
  for (const process of processes(kernel)) {
    const space = kernel.processSpace(process);
    if (space?.view(address, 4) !== undefined) return space;
  }
  return kernel.space;
}
