/** What a state file of VMware says about the machine: where its memory lies, and the registers of its processors. */
import { u32, u64 } from '../../core/bytes.js';
import type { ProcessorRegisters } from '../../memory/physical-memory.js';
import type { ByteSource } from '../byte-source.js';
import { readBytes } from '../sources/read-bytes.js';
import { GENERAL_REGISTERS } from './layout.js';
import { groupPositions, type StateItem, stateItems } from './state-items.js';

/** A run of memory: pages in the memory file, and where the machine has them. */
export interface MemoryRegion {
  readonly filePage: number;
  readonly frame: number;
  readonly pages: number;
}

export interface MachineState {
  /** By their place in the file; empty where memory has no holes. */
  readonly regions: readonly MemoryRegion[];
  /** Memory inside of the state file itself; undefined when it is in a file of its own. */
  readonly memory: StateItem | undefined;
  readonly registers: readonly ProcessorRegisters[];
}

/** More than VMware divides memory into, and more processors than it gives a machine. */
const MAX_REGIONS = 4096;
const MAX_PROCESSORS = 1024;

export function readMachineState(source: ByteSource): MachineState {
  const groups = groupPositions(source, ['memory', 'cpu']);
  const memory = groups.get('memory');
  const cpu = groups.get('cpu');
  return {
    ...(memory === undefined ? { regions: [], memory: undefined } : readMemory(source, memory)),
    registers: cpu === undefined ? [] : readProcessors(source, cpu),
  };
}

function readMemory(source: ByteSource, position: number): Pick<MachineState, 'regions' | 'memory'> {
  const parts: Record<string, Map<number, number>> = {
    regionPageNum: new Map(),
    regionPPN: new Map(),
    regionSize: new Map(),
  };
  let count = 0;
  let memory: StateItem | undefined;
  for (const item of stateItems(source, position)) {
    const [index = 0] = item.indices;
    if (item.name === 'regionsCount') count = Math.min(integer(source, item), MAX_REGIONS);
    else if (item.name === 'Memory' && item.sizeInMemory !== undefined) memory ??= item;
    else if (Object.hasOwn(parts, item.name) && index < MAX_REGIONS)
      parts[item.name]?.set(index, integer(source, item));
  }
  const regions: MemoryRegion[] = [];
  for (let index = 0; index < count; index++) {
    const [filePage, frame, pages] = ['regionPageNum', 'regionPPN', 'regionSize'].map((name) =>
      parts[name]?.get(index),
    );
    if (filePage !== undefined && frame !== undefined && pages !== undefined) regions.push({ filePage, frame, pages });
  }
  return { regions, memory };
}

function integer(source: ByteSource, { offset, size }: StateItem): number {
  const bytes = readBytes(source, offset, size);
  return bytes.length >= 4 ? u32(bytes, 0) : 0;
}

/** What is gathered about a processor; items of one come in any order. */
interface Processor {
  readonly general: Record<string, bigint>;
  readonly control: Map<number, bigint>;
  idt?: bigint;
}

/** How items of the group are taken, by name; newer versions write blocks where older ones wrote one item a register. */
const TAKE: Readonly<Record<string, (processor: Processor, value: Uint8Array, item: StateItem) => void>> = {
  gpregs: ({ general }, value) => {
    for (const [index, name] of GENERAL_REGISTERS.entries()) {
      if (index * 8 + 8 <= value.length) general[name] = u64(value, index * 8);
    }
  },
  CR64: ({ control }, value, { indices }) => {
    const [, number] = indices;
    for (let index = 0; index * 8 + 8 <= value.length; index++)
      control.set((number ?? 0) + index, u64(value, index * 8));
  },
  IDTR: (processor, value, { indices }) => {
    // As a block: limit and base; else halves of the base in items of 32 bits.
    if (value.length >= 10) processor.idt = u64(value, 2);
    else if (value.length >= 4 && indices[1] === 1) processor.idt = (processor.idt ?? 0n) | BigInt(u32(value, 0));
    else if (value.length >= 4 && indices[1] === 2)
      processor.idt = (processor.idt ?? 0n) | (BigInt(u32(value, 0)) << 32n);
  },
};
const LARGEST_VALUE = 4096;

function readProcessors(source: ByteSource, position: number): ProcessorRegisters[] {
  const processors = new Map<number, Processor>();
  for (const item of stateItems(source, position)) {
    const [number] = item.indices;
    if (number === undefined || number >= MAX_PROCESSORS) continue;
    const isRegister = item.name === 'rip' || GENERAL_REGISTERS.some((name) => name === item.name);
    const take = Object.hasOwn(TAKE, item.name) ? TAKE[item.name] : undefined;
    if (!isRegister && take === undefined) continue;
    const processor: Processor = processors.get(number) ?? { general: {}, control: new Map() };
    processors.set(number, processor);
    const value = readBytes(source, item.offset, Math.min(item.size, LARGEST_VALUE));
    if (take !== undefined) take(processor, value, item);
    else if (value.length >= 8) processor.general[item.name] = u64(value, 0);
  }
  return [...processors.values()].flatMap(({ general, control, idt }): ProcessorRegisters[] => {
    const [cr0, cr3, cr4] = [0, 3, 4].map((number) => control.get(number));
    const { rip } = general;
    if (cr3 === undefined) return [];
    return [
      {
        cr3,
        ...(rip !== undefined && { rip }),
        ...(cr0 !== undefined && { cr0 }),
        ...(cr4 !== undefined && { cr4 }),
        ...(idt !== undefined && { idt }),
        ...(Object.keys(general).length > 0 && { general }),
      },
    ];
  });
}
