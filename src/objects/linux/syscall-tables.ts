/**
 * The system-call tables: where they are, how long they are, what their entries are called.
 *
 * Source: arch/x86/entry/syscall_{64,32}.c. The tables end where the next object of read-only data begins; the padding
 * between is zero.
 */
import { u32 } from '../../core/bytes.js';
import { readPointer } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

export interface SyscallTable {
  /** `64-bit`, `32-bit`. */
  readonly abi: string;
  readonly address: bigint;
  readonly entries: readonly bigint[];
}

/**
 * Symbols of the tables by architecture of the kernel, and how to find one whose symbol is not there. amd64 kernels name
 * their data in kallsyms; one without `ia32_sys_call_table` calls 32-bit handlers without a table (since 6.9).
 */
const TABLES = {
  amd64: [
    { abi: '64-bit', symbol: 'sys_call_table', find: undefined },
    { abi: '32-bit', symbol: 'ia32_sys_call_table', find: undefined },
  ],
  i386: [{ abi: '32-bit', symbol: 'sys_call_table', find: find32BitTable }],
} as const;

/** No table has been longer; __NR_syscalls is 463 in 6.12. */
const MAX_ENTRIES = 1024;

/** The tables that this kernel has. */
export function syscallTables(kernel: LinuxKernel): SyscallTable[] {
  return TABLES[kernel.location.architecture].flatMap(({ abi, symbol, find }) => {
    const address = kernel.address(symbol) ?? find?.(kernel);
    return address === undefined ? [] : [{ abi, address, entries: tableEntries(kernel, address) }];
  });
}

function tableEntries(kernel: LinuxKernel, address: bigint): bigint[] {
  const size = BigInt(kernel.profile.pointerSize);
  const end = nextSymbol(kernel, address, address + BigInt(MAX_ENTRIES) * size);
  const entries: bigint[] = [];
  for (let at = address; at < end && entries.length < MAX_ENTRIES; at += size) {
    const entry = readPointer(kernel, at);
    if (entry === 0n) break;
    entries.push(entry ?? 0n);
  }
  return entries;
}

/** The first symbol behind `address`, or `end`; that, too, where the kernel names no data (no CONFIG_KALLSYMS_ALL). */
function nextSymbol(kernel: LinuxKernel, address: bigint, end: bigint): bigint {
  if (kernel.address('sys_call_table') === undefined) return end;
  const { symbols } = kernel.profile;
  let low = address;
  let high = end;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if ((symbols.nearest(middle)?.symbol.address ?? 0n) > address) high = middle;
    else low = middle;
  }
  return high;
}

/** The first calls of the 32-bit table in order (arch/x86/entry/syscalls/syscall_32.tbl); what it is known by. */
const FIRST_32 = ['restart_syscall', 'exit', 'fork', 'read', 'write'] as const;
const PREFIXES_32 = ['__ia32_sys_', 'sys_', '__se_sys_'] as const;

/** Finds the 32-bit table in read-only data by its first entries, for kernels whose kallsyms has functions only. */
function find32BitTable(kernel: LinuxKernel): bigint | undefined {
  const wanted = FIRST_32.map((name) => {
    const addresses = PREFIXES_32.map((prefix) => kernel.address(prefix + name));
    return addresses.filter((address) => address !== undefined).map(Number);
  });
  const start = kernel.address('__start_rodata') ?? kernel.address('_etext');
  const end = kernel.address('__end_rodata') ?? kernel.address('_end');
  if (start === undefined || end === undefined || wanted.some((addresses) => addresses.length === 0)) return undefined;
  const size = kernel.profile.pointerSize;
  for (let page = start & ~0xfffn; page < end; page += 0x1000n) {
    // One page and the start of the next, so that a table's head is seen wherever it lies.
    const bytes = kernel.space.view(page, 0x1000) === undefined ? undefined : readAcross(kernel, page, size);
    if (bytes === undefined) continue;
    for (let at = 0; at < 0x1000; at += size) {
      const fits = wanted.every((addresses, index) => addresses.includes(u32(bytes, at + index * size)));
      if (fits) return page + BigInt(at);
    }
  }
  return undefined;
}

function readAcross(kernel: LinuxKernel, page: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(0x1000 + FIRST_32.length * size);
  kernel.space.read(page, bytes);
  return bytes;
}

/** `__x64_sys_read` as `read`; undefined for handlers that are not named like one. */
export function syscallName(symbol: string | undefined): string | undefined {
  return /^(?:__(?:x64|ia32|ia32_compat|x32_compat|se|se_compat|do)_)?(?:compat_)?sys_(\w+)/.exec(symbol ?? '')?.[1];
}
