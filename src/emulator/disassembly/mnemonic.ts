/** The mnemonic of an instruction in either syntax: a name from the table of forms with the suffix that its rule adds. */
import type { Instruction, Width } from '../isa/instruction.js';
import type { Subject } from './disassembled.js';
import { clueSuffix, SUFFIX_RULES } from './suffix-rules.js';

/** Predicates of CMPPS and its kin that have mnemonics of their own (SDM volume 2, CMPPS, table 3-6). */
const PREDICATES = ['eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord'];

/** Choices of halves by PCLMULQDQ that have mnemonics of their own (SDM volume 2, PCLMULQDQ, table 4-13). */
const HALVES: Readonly<Record<number, string>> = { 0: 'lql', 1: 'hql', 16: 'lqh', 17: 'hqh' };

/** The alternative for a width; the last one stands for all wider. */
function byWidth(name: string, separator: string, width: Width): string {
  const names = name.split(separator);
  return names[Math.min(names.length - 1, Math.log2(width) - 1)] as string;
}

/** What the table says of the name in this subject's syntax, if it does. */
export const nameForm = ({ form, syntax }: Subject): string | undefined => (syntax === 'att' ? form.att : form.intel);

function fillIn(name: string, subject: Subject): string {
  const { operandSize, addressSize } = subject.instruction;
  const [stem = '', rule] = byWidth(byWidth(name, '|', operandSize), '/', addressSize).split(':');
  return stem + (rule === undefined ? '' : SUFFIX_RULES[rule]?.(subject));
}

/** The mnemonic that stands for a row and the value of its immediate, which is then not written: 'cmpltps'. */
export function namedImmediate({ row, operands }: Instruction): string | undefined {
  const immediate = operands[2];
  if (immediate?.kind !== 'immediate') return undefined;
  const value = Number(immediate.value);
  if (row.name === 'pclmulqdq') return HALVES[value] && `pclmul${HALVES[value]}qdq`;
  const kind = /^cmp([ps][sd])$/.exec(row.name)?.[1];
  const predicate = kind === undefined ? undefined : PREDICATES[value];
  return predicate && `cmp${predicate}${kind}`;
}

export const isConditionalBranch = ({ row }: Instruction): boolean => /^(7.|0f 8.|e[0-3])$/.test(row.code);

/** Branch hints (SDM volume 2, 2.1.1), which AT&T text writes behind the mnemonic. */
export function branchHint({ instruction, encoding, syntax }: Subject): '' | ',pt' | ',pn' {
  if (syntax !== 'att' || !isConditionalBranch(instruction)) return '';
  const last = encoding.prefixes.findLast((byte) => byte === 0x2e || byte === 0x3e);
  return last === undefined ? '' : last === 0x3e ? ',pt' : ',pn';
}

export function mnemonicOf(subject: Subject): string {
  const { instruction, syntax } = subject;
  const named = namedImmediate(instruction);
  if (named !== undefined) return named;
  const name = nameForm(subject);
  if (name !== undefined) return fillIn(name, subject) + branchHint(subject);
  const clue = syntax === 'att' ? clueSuffix(instruction) : '';
  return instruction.row.name + clue + branchHint(subject);
}
