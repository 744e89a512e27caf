/** The header of a crash dump, both widths as one record; and what it says about the machine, in our units. */
import { u32, u64 } from '../../core/bytes.js';
import type { WindowsDump } from '../../memory/windows-dump.js';
import type { LayoutValue } from '../struct-layout.js';
import { contextRegisters, dumpType, header32, header64 } from './layout.js';

export interface DumpHeader {
  readonly pointerSize: 4 | 8;
  readonly fields: LayoutValue<typeof header64>;
  /** 32-bit machines: whether page tables are PAE's. */
  readonly isPae: boolean;
}

/** Steps of 100 ns from 1601 to 1970. */
const EPOCH = 116_444_736_000_000_000n;
/** "PAGEPAGE": never written. */
const UNWRITTEN = 0x4547_4150_4547_4150n;

/** The header, or undefined when `head` is too short. The signature has been checked. */
export function readDumpHeader(head: Uint8Array, pointerSize: 4 | 8): DumpHeader | undefined {
  if (pointerSize === 8) {
    const fields = header64.decode(head);
    return fields && { pointerSize, fields, isPae: true };
  }
  const fields = header32.decode(head);
  return fields && { pointerSize, fields, isPae: fields.paeEnabled === 1 };
}

const KINDS: Readonly<Record<number, string>> = {
  [dumpType.full]: 'full',
  [dumpType.summary]: 'kernel',
  [dumpType.header]: 'header',
  [dumpType.triage]: 'triage',
  [dumpType.bitmapFull]: 'bitmap full',
  [dumpType.bitmapKernel]: 'bitmap kernel',
  [dumpType.automatic]: 'automatic',
};

export function kindOf({ fields }: DumpHeader): string {
  return KINDS[fields.dumpType] ?? `type ${fields.dumpType}`;
}

/** The facts that every kind of dump has. */
export function dumpFacts(header: DumpHeader): WindowsDump {
  const { pointerSize, fields } = header;
  const { build, machine, processors, directoryTableBase, pfnDatabase, loadedModuleList } = fields;
  const { activeProcessHead, debuggerData } = fields;
  const written = (value: bigint) => (value === UNWRITTEN || value === 0n ? undefined : value);
  const time = written(fields.systemTime);
  const up = written(fields.upTime);
  return {
    kind: kindOf(header),
    pointerSize,
    build,
    machine,
    processors,
    bugCheck: { code: fields.bugCheckCode, parameters: fields.bugCheckParameters },
    directoryTableBase,
    pfnDatabase,
    loadedModuleList,
    activeProcessHead,
    debuggerData,
    exception: { code: fields.exception.code, address: fields.exception.address },
    systemTime: time === undefined ? undefined : (time - EPOCH) * 100n,
    upTime: up === undefined ? undefined : up * 100n,
    context: registersOf(fields.context, pointerSize),
  };
}

/** The registers in a CONTEXT. */
function registersOf(context: Uint8Array, pointerSize: 4 | 8): Map<string, bigint> {
  const read = (at: number) => (pointerSize === 8 ? u64(context, at) : BigInt(u32(context, at)));
  return new Map(Object.entries(contextRegisters[pointerSize]).map(([name, at]) => [name, read(at)]));
}
