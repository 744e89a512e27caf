/**
 * Opens Windows crash dumps: full and bitmap ones as physical memory, triage dumps as what they hold (facts about the
 * crash and pieces of virtual memory; there is no physical memory in them).
 */
import { latin1Text } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ProcessorRegisters } from '../../memory/physical-memory.js';
import type { ByteSource } from '../byte-source.js';
import type { MemoryFormat } from '../format.js';
import { extentReader } from '../image/extent-reader.js';
import type { ImageParts } from '../image/image-memory.js';
import { rangesOf } from '../image/ranges.js';
import { readBytes } from '../sources/read-bytes.js';
import { type DumpHeader, dumpFacts, kindOf, readDumpHeader } from './header.js';
import { DUMP_SIGNATURE, dumpType, HEADER_BYTES, VALID_DUMP } from './layout.js';
import { bitmapMemory, fullMemory, hasBitmap } from './memory-runs.js';
import { readTriage } from './triage.js';

function pointerSizeOf(head: Uint8Array): 4 | 8 | undefined {
  if (latin1Text(head.subarray(0, 4)) !== DUMP_SIGNATURE) return undefined;
  const valid = latin1Text(head.subarray(4, 8));
  return Object.hasOwn(VALID_DUMP, valid) ? VALID_DUMP[valid as keyof typeof VALID_DUMP] : undefined;
}

/** CR4.PAE, by which readers of registers tell the two kinds of 32-bit page tables apart. */
const CR4_PAE = 0x20n;

function registersOf({ fields, isPae }: DumpHeader, rip: bigint | undefined): ProcessorRegisters {
  const cr3 = fields.directoryTableBase;
  return { cr3, cr4: isPae ? CR4_PAE : 0n, ...(rip === undefined ? {} : { rip }) };
}

function open(source: ByteSource): ImageParts {
  const head = readBytes(source, 0, HEADER_BYTES[8]);
  const header = readDumpHeader(head, pointerSizeOf(head) ?? 8);
  if (header === undefined) {
    throw new UserError(`${source.name}: a crash dump that ends inside its header`, 'try a copy that is whole');
  }
  const facts = dumpFacts(header);
  const registers = [registersOf(header, facts.context.get('rip') ?? facts.context.get('eip'))];
  const format = `Windows crash dump (${header.pointerSize * 8} bit, ${kindOf(header)})`;
  if (header.fields.dumpType === dumpType.triage) return { format, ...triageParts(source, header, facts), registers };
  const { extents, notes } = memoryOf(source, header);
  if (extents.length === 0) {
    throw new UserError(`${source.name}: a crash dump without memory in it`, 'try a copy that is whole');
  }
  const read = extentReader(source, extents);
  return { format, ranges: rangesOf(extents), read, registers, notes, windowsDump: facts };
}

function memoryOf(source: ByteSource, header: DumpHeader) {
  if (hasBitmap(source, header)) return bitmapMemory(source, header);
  if (header.fields.dumpType === dumpType.full) return fullMemory(source, header);
  throw new UserError(
    `${source.name}: a crash dump of a kind that is not read (${kindOf(header)})`,
    'full, bitmap (kernel, active) and triage dumps are read',
  );
}

function triageParts(source: ByteSource, header: DumpHeader, facts: ReturnType<typeof dumpFacts>) {
  const triage = readTriage(source, header.pointerSize, facts.debuggerData);
  const what =
    triage === undefined ? 'facts about the crash only' : `${triage.parts.blocks.length} blocks of virtual memory`;
  return {
    ranges: [],
    read: () => 0,
    notes: [`a triage dump: no physical memory, ${what}`, ...(triage?.notes ?? [])],
    windowsDump: triage === undefined ? facts : { ...facts, triage: triage.parts },
  };
}

export const crashDumpFormat: MemoryFormat = {
  name: 'crashdump',
  detect: (head) => pointerSizeOf(head) !== undefined,
  open,
};
