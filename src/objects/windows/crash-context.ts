/**
 * What ran when a machine stopped, from the copies of kernel structures in a triage dump: the process and the thread on the
 * processor that stopped it, and the threads on the others.
 */

import { u32, u64 } from '../../core/bytes.js';
import type { WindowsDump } from '../../memory/windows-dump.js';
import { StructView, type ViewContext } from '../struct-view.js';
import { dumpedKernel } from './dumped-kernel.js';

export interface CrashContext {
  readonly process: { readonly pid: number; readonly name: string; readonly activeThreads: number };
  readonly thread: { readonly tid: number; readonly startAddress: bigint };
  readonly processors: readonly RunningThread[];
}

/** What a processor does. Addresses are those of ETHREAD structures, which the dump need not have. */
export interface RunningThread {
  readonly processor: number;
  /** Address of its KPRCB. */
  readonly block: bigint;
  readonly thread: bigint;
  readonly isIdle: boolean;
}

/** In KDDEBUGGER_DATA64: pointer to the table of processors. */
const PROCESSOR_TABLE = 0x218n;
const MAX_PROCESSORS = 2048;

/** Undefined when the dump has no copies, or no types that are known fit them. */
export function crashContext(dump: WindowsDump): CrashContext | undefined {
  const kernel = dumpedKernel(dump);
  if (kernel === undefined) return undefined;
  const { process, thread } = kernel;
  return {
    process: {
      pid: process.num('UniqueProcessId') ?? 0,
      name: process.text('ImageFileName') ?? '',
      activeThreads: process.num('ActiveThreads') ?? 0,
    },
    thread: { tid: thread.num('Cid.UniqueThread') ?? 0, startAddress: thread.ptr('StartAddress') ?? 0n },
    processors: [...processorsOf(dump, kernel)],
  };
}

function* processorsOf(dump: WindowsDump, kernel: ViewContext): Generator<RunningThread> {
  const { pointerSize } = kernel.space;
  // Looked at without the fault log: a dump has little of other processors.
  const pointer = (address: bigint) => {
    const bytes = kernel.space.view(address, pointerSize);
    return bytes && (pointerSize === 8 ? u64(bytes, 0) : BigInt(u32(bytes, 0)));
  };
  const table = pointer(dump.debuggerData + PROCESSOR_TABLE);
  for (let number = 0; table !== undefined && number < Math.min(dump.processors, MAX_PROCESSORS); number++) {
    const block = pointer(table + BigInt(number * pointerSize));
    if (block === undefined) continue;
    const processor = new StructView(kernel, '_KPRCB', block);
    const thread = pointer(processor.addressOf('CurrentThread'));
    const idle = pointer(processor.addressOf('IdleThread'));
    if (thread !== undefined && thread !== 0n) yield { processor: number, block, thread, isIdle: thread === idle };
  }
}
