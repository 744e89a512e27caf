/**
 * The tables that system calls are dispatched through.
 * Source: KSERVICE_TABLE_DESCRIPTOR (ReactOS's NDK, ketypes.h); on amd64 since 6.0 entries are distances from the table,
 * shifted left by four, with the number of stack arguments below (Microsoft's public symbols of KiServiceTable).
 */
import { u32 } from '../../core/bytes.js';
import { readBytes, readPointer } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';

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

/** Every entry of every table that a thread can have. */
export function* systemCalls(kernel: WindowsKernel): Generator<SystemCall> {
  // The shadow descriptors are the kernel's and win32k's; the others lack win32k's.
  const descriptors =
    kernel.address('KeServiceDescriptorTableShadow') ?? kernel.requireAddress('KeServiceDescriptorTable');
  const size = BigInt(kernel.profile.pointerSize);
  for (let table = 0; table < TABLES; table++) {
    const at = descriptors + BigInt(table) * size * 4n;
    const base = readPointer(kernel, at);
    const limit = readBytes(kernel, at + size * 2n, 4);
    if (base === undefined || base === 0n || limit === undefined) continue;
    const count = u32(limit, 0);
    if (count > MAX_CALLS) {
      kernel.faults.note(at, 'system call table without an end');
      continue;
    }
    yield* callsOf(kernel, table, base, count);
  }
}

function* callsOf(kernel: WindowsKernel, table: number, base: bigint, count: number): Generator<SystemCall> {
  const entries = readBytes(kernel, base, count * 4)?.slice();
  if (entries === undefined) return;
  for (let index = 0; index < count; index++) {
    const entry = u32(entries, index * 4);
    const routine = kernel.is64Bit ? base + BigInt((entry | 0) >> 4) : BigInt(entry);
    yield { table, index, routine };
  }
}
