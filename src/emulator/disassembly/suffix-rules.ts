/**
 * When a mnemonic gets a size suffix, by the name of the rule that the table of forms gives. AT&T text writes b, w, l, q
 * (GNU as manual, "AT&T Syntax versus Intel Syntax"), Intel's b, w, d, q.
 */
import type { Instruction, Operand, Width } from '../isa/instruction.js';
import type { Subject } from './disassembled.js';

const ATT_SUFFIXES: Readonly<Record<number, string>> = { 1: 'b', 2: 'w', 4: 'l', 8: 'q' };
const INTEL_SUFFIXES: Readonly<Record<number, string>> = { 1: 'b', 2: 'w', 4: 'd', 8: 'q' };
const FLOAT_SUFFIXES: Readonly<Record<number, string>> = { 4: 's', 8: 'l', 10: 't' };
const INTEGER_SUFFIXES: Readonly<Record<number, string>> = { 2: 's', 4: 'l', 8: 'll' };

export const memoryOf = ({ operands }: Instruction): Operand | undefined =>
  operands.find(({ kind }) => kind === 'memory');

/** The operand size that needs no prefix. */
function ownSize({ mode, row }: Instruction): Width {
  if (mode.codeSize !== 8) return mode.codeSize;
  return row.wide === undefined ? 4 : 8;
}

/** Does some register, other than a shift count or a port, tell the operation's size? */
export function registerTellsSize({ operands, row }: Instruction): boolean {
  const codes = row.operands.split(',');
  return operands.some((one, i) => one.kind === 'register' && codes[i] !== 'CL' && codes[i] !== 'DX');
}

const suffixOf = (size: number, { syntax }: Subject): string =>
  (syntax === 'att' ? ATT_SUFFIXES : INTEL_SUFFIXES)[size] ?? '';

const memorySuffix = (subject: Subject): string => suffixOf(memoryOf(subject.instruction)?.size ?? 0, subject);

export type SuffixRule = (subject: Subject) => string;

export const SUFFIX_RULES: Readonly<Record<string, SuffixRule>> = {
  always: (subject) => suffixOf(subject.instruction.operandSize, subject),
  /** Where memory is an operand. */
  memory: memorySuffix,
  memory64: (subject) => (subject.instruction.mode.codeSize === 8 ? memorySuffix(subject) : ''),
  /** Where the operand size is not the mode's own and no operand tells. */
  unusual: (subject) => {
    const { instruction, syntax } = subject;
    const told = registerTellsSize(instruction) || (syntax === 'intel' && memoryOf(instruction) !== undefined);
    return told || instruction.operandSize === ownSize(instruction) ? '' : suffixOf(instruction.operandSize, subject);
  },
  /** Where the address size is not the mode's own. */
  address: (subject) => {
    const { addressSize, mode } = subject.instruction;
    return subject.syntax === 'intel' || addressSize === mode.codeSize ? '' : suffixOf(addressSize, subject);
  },
  /** Outside 64-bit mode. */
  legacy: (subject) =>
    subject.instruction.mode.codeSize === 8 ? '' : suffixOf(subject.instruction.operandSize, subject),
  /** In 64-bit mode, where 66 has no say. */
  long: (subject) => {
    const { mode, operandSize } = subject.instruction;
    return mode.codeSize === 8 ? suffixOf(Math.max(4, operandSize), subject) : '';
  },
  /** The format of an x87 environment, where it is not the mode's own. */
  environment: ({ instruction, syntax }) => {
    if (instruction.operandSize === 8 || instruction.operandSize === ownSize(instruction)) return '';
    if (instruction.operandSize === 2) return syntax === 'att' ? 's' : 'w';
    return syntax === 'att' ? 'l' : 'd';
  },
  /** By the memory operand of an x87 instruction. */
  x87: ({ instruction }) => {
    const sizes = instruction.row.name.startsWith('fi') ? INTEGER_SUFFIXES : FLOAT_SUFFIXES;
    return sizes[memoryOf(instruction)?.size ?? 0] ?? '';
  },
};

/** Which rules look at the operand size, and which of them at REX.W. */
export const SIZED_RULES: ReadonlySet<string> = new Set(['always', 'unusual', 'environment', 'legacy', 'long']);

/** In AT&T text a general-purpose instruction whose only clue to its size is a memory operand gets a suffix. */
export function clueSuffix(instruction: Instruction): string {
  const { row } = instruction;
  const memory = memoryOf(instruction);
  const general = /^[EM][bwdqvzy](,|$)/.test(row.operands) && !row.name.startsWith('set');
  if (memory === undefined || !general || registerTellsSize(instruction)) return '';
  return ATT_SUFFIXES[memory.size] ?? '';
}
