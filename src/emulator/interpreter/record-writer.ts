/** Writes blocks as the interpreter runs them: a header and the records of the instructions (micro-op.ts). */
import type { CpuState } from '../cpu/cpu-state.js';
import type { CpuMode, Instruction } from '../isa/instruction.js';
import { HEADER, HEADER_BYTES, RECORD, RECORD_BYTES } from './micro-op.js';
import { RECORD_WORDS, type RecordForm, writePlace, writeRecord } from './record-form.js';

/** How decoded code is instrumented; see events/. Instructions are samples of their forms: their literals do not count. */
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

/** Where records are written, and for what code. */
export interface BlockPlace {
  /** State address of the header. */
  readonly header: number;
  readonly mode: CpuMode;
  readonly physical: number;
  /** One instruction, run by itself. */
  readonly single: boolean;
  /** Where the instructions' bytes are. */
  readonly bytes: Uint8Array;
  readonly offset: number;
}

export class RecordWriter {
  private readonly state: CpuState;
  readonly ends: { readonly blockEnd: number; readonly stepEnd: number };
  instrumentation: BlockInstrumentation | undefined;

  constructor(state: CpuState, ends: { blockEnd: number; stepEnd: number }) {
    this.state = state;
    this.ends = ends;
  }

  /** Bytes that a block takes. */
  bytes(forms: readonly RecordForm[], physical: number): number {
    const { instrumentation } = this;
    let records = forms.length + 1;
    if (instrumentation !== undefined) {
      let offset = 0;
      for (const [i, one] of forms.entries()) {
        records += instrumentation.recordsBefore(one.sample, physical + offset, i === 0);
        offset += one.length;
      }
    }
    return HEADER_BYTES + records * RECORD_BYTES;
  }

  /** Writes header and records. */
  write(forms: readonly RecordForm[], place: BlockPlace, counter: number): void {
    const { instrumentation } = this;
    const words = this.state.i32;
    words[(place.header + HEADER.count) >> 2] = forms.length;
    words[(place.header + HEADER.counter) >> 2] = counter;
    let start = 0;
    let record = place.header + HEADER_BYTES;
    for (let i = 0; i < forms.length; i++) {
      const form = forms[i] as RecordForm;
      const left = forms.length - i;
      if (instrumentation !== undefined) {
        const physical = place.physical + start;
        if (instrumentation.recordsBefore(form.sample, physical, i === 0) === 1) {
          words.fill(0, record >> 2, (record >> 2) + RECORD_WORDS);
          writePlace(words, record >> 2, start, form.length, left);
          instrumentation.writeBefore(record, form.sample, physical, i === 0);
          record += RECORD_BYTES;
        }
      }
      writeRecord(form, words, record >> 2, { bytes: place.bytes, offset: place.offset + start, start, left });
      if (instrumentation !== undefined) {
        words[(record + RECORD.candidates) >> 2] = instrumentation.candidates(form.sample);
      }
      start += form.length;
      record += RECORD_BYTES;
    }
    this.writeEnd(record, start, place);
  }

  private writeEnd(record: number, next: number, { mode, single }: BlockPlace): void {
    const words = this.state.i32;
    const at = record >> 2;
    const ends = this.instrumentation ?? this.ends;
    words[at + RECORD.handler / 4] = single ? ends.stepEnd : ends.blockEnd;
    words[at + RECORD.next / 4] = next;
    // What RIP is cut to.
    words[at + RECORD.immediate / 4] = mode.codeSize === 2 ? 0xffff : -1;
    words[at + RECORD.immediate / 4 + 1] = mode.codeSize === 8 ? -1 : 0;
  }
}
