/**
 * What the records of all instructions with equal heads have in common, and which of its words are read from an
 * instruction's literals. Records: micro-op.ts.
 */
import { gprAddress, segmentAddress, stateAddress } from '../cpu/state-layout.js';
import { poppedBefore } from '../decode/decoder.js';
import { type Instruction, type Literal, type Operand, RIP_BASE } from '../isa/instruction.js';
import { registerField } from './handler-builder.js';
import { RECORD, RECORD_BYTES, SECOND_IMMEDIATE } from './micro-op.js';

export const RECORD_WORDS = RECORD_BYTES / 4;
const START = RECORD.start / 4;
const NEXT = RECORD.next / 4;
const LEFT = RECORD.left / 4;
const HANDLER = RECORD.handler / 4;
const IMMEDIATE = RECORD.immediate / 4;
const DISPLACEMENT = RECORD.displacement / 4;
const SECOND = SECOND_IMMEDIATE / 4;

/** A literal's way into the record. */
interface Patch extends Omit<Literal, 'part'> {
  readonly word: number;
  /** The field has a second word, for the upper half. */
  readonly isWide: boolean;
  readonly addend: number;
  /** The field counts from the end of the instruction; it is written as counting from the block. */
  readonly fromNext: boolean;
}

export interface RecordForm {
  /** The instruction that the form was made from; others of the form may have other literals. */
  readonly sample: Instruction;
  readonly length: number;
  /** Bytes before the first literal. */
  readonly headLength: number;
  /** `Row.ends`. */
  readonly ends: boolean;
  readonly words: Int32Array;
  readonly patches: readonly Patch[];
}

/** @returns a form whose handler is still to be set: `setHandler`. */
export function createForm(sample: Instruction): RecordForm {
  const words = new Int32Array(RECORD_WORDS);
  const patches: Patch[] = [];
  /** From a literal, or else a value that the head implies. */
  const set = (part: Literal['part'], word: number, implied: number | bigint, more: Partial<Patch> = {}): void => {
    const literal = sample.literals.find((one) => one.part === part);
    if (literal === undefined) {
      setWide(words, word, Number(implied));
      return;
    }
    const { at, size, signed } = literal;
    patches.push({ word, at, size, signed, isWide: true, addend: 0, fromNext: false, ...more });
  };
  let immediates = 0;
  sample.operands.forEach((operand: Operand, i) => {
    switch (operand.kind) {
      case 'register':
        words[RECORD.registers / 4 + i] = registerField(operand);
        break;
      case 'immediate':
        if (immediates++ === 0) set(i, IMMEDIATE, operand.value);
        else set(i, SECOND, operand.value, { isWide: false });
        break;
      case 'relative':
        set(i, IMMEDIATE, operand.value, { fromNext: true });
        break;
      case 'memory': {
        const { base, index, scale, segment, displacement } = operand;
        const fromNext = base === RIP_BASE;
        const none = stateAddress('zero');
        words[RECORD.base / 4] = fromNext ? stateAddress('blockRip') : base < 0 ? none : gprAddress(base);
        words[RECORD.index / 4] = index < 0 ? none : gprAddress(index);
        words[RECORD.scale / 4] = scale;
        words[RECORD.segment / 4] = segmentAddress(segment);
        const addend = poppedBefore(sample.row, base, sample.operandSize);
        set('displacement', DISPLACEMENT, displacement, { fromNext, addend });
      }
    }
  });
  const headLength = sample.literals[0]?.at ?? sample.length;
  return { sample, length: sample.length, headLength, ends: sample.row.ends === true, words, patches };
}

export function setHandler({ words }: RecordForm, handler: number): void {
  words[HANDLER] = handler;
}

function setWide(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = Math.floor(value / 2 ** 32) | 0;
}

/**
 * Writes the record of one instruction.
 *
 * @param at word of the record in `words`
 * @param offset where its bytes are in `bytes`
 * @param start its place in the block
 * @param left instructions of the block from this one on
 */
export function writeRecord(
  form: RecordForm,
  words: Int32Array,
  at: number,
  { bytes, offset, start, left }: { bytes: Uint8Array; offset: number; start: number; left: number },
): void {
  for (let i = 0; i < RECORD_WORDS; i++) words[at + i] = form.words[i] as number;
  writePlace(words, at, start, form.length, left);
  for (const { word, at: place, size, signed, isWide, addend, fromNext } of form.patches) {
    const from = offset + place;
    if (size === 8) {
      words[at + word] = readLow(bytes, from, 4);
      words[at + word + 1] = readLow(bytes, from + 4, 4);
      continue;
    }
    const unused = 32 - size * 8;
    const low = readLow(bytes, from, size);
    const value = (signed ? (low << unused) >> unused : low >>> 0) + addend + (fromNext ? start + form.length : 0);
    if (isWide) setWide(words, at + word, value);
    else words[at + word] = value;
  }
}

/** The words of a record that say where its instruction lies. */
export function writePlace(words: Int32Array, at: number, start: number, length: number, left: number): void {
  words[at + START] = start;
  words[at + NEXT] = start + length;
  words[at + LEFT] = left;
}

function readLow(bytes: Uint8Array, at: number, size: number): number {
  let value = bytes[at] as number;
  if (size > 1) value |= (bytes[at + 1] as number) << 8;
  if (size > 2) value |= ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
  return value;
}
