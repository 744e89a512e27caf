/**
 * What ran when a machine stopped, from the copies of kernel structures in a triage dump: the process and the thread on the
 * processor that stopped it, and the threads on the others.
 *
 * A triage dump does not say which update of its build it is of. Types are taken whose structures are exactly as long as the
 * copies, and which make the thread one of the process.
 */
import type { TriageParts, WindowsDump } from '../../memory/windows-dump.js';
import { IsfTypeSource } from '../../profiles/isf/isf-type-source.js';
import type { TypeSource } from '../../profiles/types.js';
import { KernelReader } from '../../profiles/windows/kernel-reader.js';
import { neighbouringProfiles } from '../../profiles/windows/shipped-profile.js';

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
  const copies = dump.triage?.structures;
  if (copies === undefined || dump.triage === undefined || dump.pointerSize !== 8) return undefined;
  const lengths = { _KPRCB: copies.processor, _EPROCESS: copies.process, _ETHREAD: copies.thread };
  for (const neighbour of neighbouringProfiles(8, `10.0.${dump.build}`)) {
    const types = new IsfTypeSource(neighbour.document());
    if (!Object.entries(lengths).every(([struct, { length }]) => types.struct(struct)?.size === length)) continue;
    const process = new KernelReader(copyOf(copies.process), types);
    const thread = new KernelReader(copyOf(copies.thread), types);
    const pid = process.value('_EPROCESS', 0n, 'UniqueProcessId');
    if (pid === undefined || pid !== thread.value('_ETHREAD', 0n, 'Cid.UniqueProcess')) continue;
    const name = process.at('_EPROCESS', 0n, 'ImageFileName');
    return {
      process: {
        pid: Number(pid),
        name: (name === undefined ? undefined : process.text(name, 15)) ?? '',
        activeThreads: Number(process.value('_EPROCESS', 0n, 'ActiveThreads') ?? 0n),
      },
      thread: {
        tid: Number(thread.value('_ETHREAD', 0n, 'Cid.UniqueThread') ?? 0n),
        startAddress: thread.value('_ETHREAD', 0n, 'StartAddress') ?? 0n,
      },
      processors: [...processorsOf(dump, dump.triage, types)],
    };
  }
  return undefined;
}

/** One structure, as if it lay at address 0. */
function copyOf(bytes: Uint8Array): KernelReader['space'] {
  return {
    pointerSize: 8,
    view: (address, length) =>
      address >= 0n && address + BigInt(length) <= BigInt(bytes.length)
        ? bytes.subarray(Number(address), Number(address) + length)
        : undefined,
  };
}

function* processorsOf(dump: WindowsDump, triage: TriageParts, types: TypeSource): Generator<RunningThread> {
  const reader = new KernelReader(
    {
      pointerSize: 8,
      view(address, length) {
        const bytes = new Uint8Array(length);
        return triage.read(address, bytes) === length ? bytes : undefined;
      },
    },
    types,
  );
  const table = reader.pointer(dump.debuggerData + PROCESSOR_TABLE);
  for (let number = 0; table !== undefined && number < Math.min(dump.processors, MAX_PROCESSORS); number++) {
    const block = reader.pointer(table + BigInt(number * 8));
    const thread = block && reader.value('_KPRCB', block, 'CurrentThread');
    const idle = block && reader.value('_KPRCB', block, 'IdleThread');
    if (block !== undefined && thread !== undefined && thread !== 0n) {
      yield { processor: number, block, thread, isIdle: thread === idle };
    }
  }
}
