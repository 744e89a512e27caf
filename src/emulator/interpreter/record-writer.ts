/**
 * Instructions -> the records that the interpreter runs (micro-op.ts). Equal instructions have equal records but for a
 * few words that say where they lie, so the record of each is made once and then copied.
 */
import type { CpuState } from '../cpu/cpu-state.js';
import { gprAddress, segmentAddress, stateAddress } from '../cpu/state-layout.js';
import { type CpuMode, type Instruction, type Operand, RIP_BASE } from '../isa/instruction.js';
import { registerField } from './handler-builder.js';
import type { HandlerTable } from './handler-table.js';
import { HEADER, HEADER_BYTES, RECORD, RECORD_BYTES, SECOND_IMMEDIATE } from './micro-op.js';

/** How decoded code is instrumented; see events/. */
export interface BlockInstrumentation {
  /** Handlers of the records at the ends of blocks and of single steps. */
  readonly blockEnd: number;
  readonly stepEnd: number;
  /** Records to be written in front of an instruction's: 0 or 1. */
  recordsBefore(instruction: Instruction, physical: number, first: boolean): 0 | 1;
  writeBefore(record: number, instruction: Instruction, physical: number, first: boolean): void;
  /** What goes into `RECORD.candidates`. */
  candidates(instruction: Instruction): number;
}

const WORDS = RECORD_BYTES / 4;
const START = RECORD.start / 4;
const NEXT = RECORD.next / 4;
const LEFT = RECORD.left / 4;
const IMMEDIATE = RECORD.immediate / 4;
const DISPLACEMENT = RECORD.displacement / 4;

/** The record of an instruction at offset 0 of its block. */
interface Template {
  readonly instruction: Instruction;
  readonly words: readonly number[];
  /** Word index of a signed 64-bit field that counts from the end of the instruction; 0 for none. */
  readonly fromNext: number;
}

/** Where records are written, and for what code. */
export interface BlockPlace {
  /** State address of the header. */
  readonly header: number;
  readonly mode: CpuMode;
  readonly physical: number;
  /** One instruction, run by itself. */
  readonly single: boolean;
}

export class RecordWriter {
  private readonly state: CpuState;
  private readonly handlers: HandlerTable;
  readonly ends: { readonly blockEnd: number; readonly stepEnd: number };
  instrumentation: BlockInstrumentation | undefined;
  /** By style of handlers, then by the instruction's number. */
  private readonly templates = new Map<string, Template[]>();

  constructor(state: CpuState, handlers: HandlerTable, ends: { blockEnd: number; stepEnd: number }) {
    this.state = state;
    this.handlers = handlers;
    this.ends = ends;
  }

  /** Bytes that a block takes. */
  bytes(instructions: readonly Instruction[], physical: number): number {
    const { instrumentation } = this;
    let records = instructions.length + 1;
    if (instrumentation !== undefined) {
      let offset = 0;
      for (const [i, one] of instructions.entries()) {
        records += instrumentation.recordsBefore(one, physical + offset, i === 0);
        offset += one.length;
      }
    }
    return HEADER_BYTES + records * RECORD_BYTES;
  }

  /** Writes header and records. */
  write(instructions: readonly Instruction[], place: BlockPlace, counter: number): void {
    const { instrumentation } = this;
    const words = this.state.i32;
    const templates = this.templatesOf(instructions);
    words[(place.header + HEADER.count) >> 2] = instructions.length;
    words[(place.header + HEADER.counter) >> 2] = counter;
    let offset = 0;
    let record = place.header + HEADER_BYTES;
    for (let i = 0; i < instructions.length; i++) {
      const instruction = instructions[i] as Instruction;
      const left = instructions.length - i;
      if (instrumentation !== undefined) {
        const physical = place.physical + offset;
        if (instrumentation.recordsBefore(instruction, physical, i === 0) === 1) {
          words.fill(0, record >> 2, (record >> 2) + WORDS);
          this.writePlace(record, instruction, offset, left);
          instrumentation.writeBefore(record, instruction, physical, i === 0);
          record += RECORD_BYTES;
        }
      }
      this.writeRecord(record, instruction, templates[i] as Template, offset, left);
      if (instrumentation !== undefined) {
        words[(record + RECORD.candidates) >> 2] = instrumentation.candidates(instruction);
      }
      offset += instruction.length;
      record += RECORD_BYTES;
    }
    this.writeEnd(record, offset, place);
  }

  private writeEnd(record: number, next: number, { mode, single }: BlockPlace): void {
    const words = this.state.i32;
    const at = record >> 2;
    const ends = this.instrumentation ?? this.ends;
    words[at + RECORD.handler / 4] = single ? ends.stepEnd : ends.blockEnd;
    words[at + NEXT] = next;
    // What RIP is cut to.
    words[at + IMMEDIATE] = mode.codeSize === 2 ? 0xffff : -1;
    words[at + IMMEDIATE + 1] = mode.codeSize === 8 ? -1 : 0;
  }

  private writePlace(record: number, instruction: Instruction, start: number, left: number): void {
    const words = this.state.i32;
    const at = record >> 2;
    words[at + START] = start;
    words[at + NEXT] = start + instruction.length;
    words[at + LEFT] = left;
  }

  private writeRecord(record: number, instruction: Instruction, template: Template, start: number, left: number): void {
    const { i32 } = this.state;
    const at = record >> 2;
    const { words } = template;
    for (let i = 0; i < WORDS; i++) i32[at + i] = words[i] as number;
    this.writePlace(record, instruction, start, left);
    if (template.fromNext === 0) return;
    const field = at + template.fromNext;
    const value = (i32[field] as number) + start + instruction.length;
    i32[field] = value;
    i32[field + 1] = value < 0 ? -1 : 0;
  }

  // ---- templates ---------------------------------------------------------------------------------------------

  private templatesOf(instructions: readonly Instruction[]): Template[] {
    const { key } = this.handlers.style;
    let known = this.templates.get(key);
    if (known === undefined) {
      known = [];
      this.templates.set(key, known);
    }
    const found: Template[] = [];
    for (const one of instructions) {
      const template = known[one.number];
      if (template?.instruction !== one) break;
      found.push(template);
    }
    if (found.length === instructions.length) return found;
    // What handlers are missing comes in one module.
    const handlers = this.handlers.handlersOf(instructions);
    for (let i = found.length; i < instructions.length; i++) {
      const template = createTemplate(instructions[i] as Instruction, handlers[i] as number);
      if (template.instruction.number >= 0) known[template.instruction.number] = template;
      found.push(template);
    }
    return found;
  }
}

function createTemplate(instruction: Instruction, handler: number): Template {
  const words = new Array<number>(WORDS).fill(0);
  const setWide = (at: number, value: number | bigint): void => {
    const wide = typeof value === 'number' ? value : Number(BigInt.asIntN(32, value));
    words[at] = wide | 0;
    words[at + 1] =
      typeof value === 'number' ? Math.floor(value / 2 ** 32) | 0 : Number(BigInt.asIntN(64, value) >> 32n);
  };
  words[RECORD.handler / 4] = handler;
  let immediates = 0;
  let fromNext = 0;
  instruction.operands.forEach((operand: Operand, i) => {
    switch (operand.kind) {
      case 'register':
        words[RECORD.registers / 4 + i] = registerField(operand);
        break;
      case 'immediate':
        if (immediates++ === 0) setWide(IMMEDIATE, operand.value);
        else words[SECOND_IMMEDIATE / 4] = Number(operand.value);
        break;
      case 'relative':
        words[IMMEDIATE] = operand.value;
        fromNext = IMMEDIATE;
        break;
      case 'memory': {
        const fromRip = operand.base === RIP_BASE;
        const none = stateAddress('zero');
        words[RECORD.base / 4] = fromRip
          ? stateAddress('blockRip')
          : operand.base < 0
            ? none
            : gprAddress(operand.base);
        words[RECORD.index / 4] = operand.index < 0 ? none : gprAddress(operand.index);
        words[RECORD.scale / 4] = operand.scale;
        words[RECORD.segment / 4] = segmentAddress(operand.segment);
        setWide(DISPLACEMENT, operand.displacement);
        if (fromRip) fromNext = DISPLACEMENT;
      }
    }
  });
  return { instruction, words, fromNext };
}
