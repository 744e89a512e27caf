/**
 * What text names before the mnemonic: LOCK, the repeats, and prefixes that have no effect on this instruction, so that
 * no byte of it goes unsaid.
 */
import { type OpcodePattern, parsePattern } from '../decode/pattern.js';
import type { Instruction } from '../isa/instruction.js';
import type { Row } from '../isa/row.js';
import type { Subject } from './disassembled.js';
import { branchHint, nameForm } from './mnemonic.js';
import { SEGMENT_NAMES } from './names.js';
import { DIRECT_OFFSET, isIndirectBranch, NOTRACK, overrideOf, SEGMENT_OVERRIDES } from './operand-text.js';
import { SIZED_RULES } from './suffix-rules.js';

const PREFIX = { operandSize: 0x66, addressSize: 0x67, lock: 0xf0, repne: 0xf2, rep: 0xf3 } as const;
const REX = { W: 8, R: 4, X: 2, B: 1, present: 0x40 } as const;

/** Implicit memory operands, and those whose segment can be overridden. */
const IMPLICIT_MEMORY = /(^|,)[XYB](b|v|z)?(,|$)/;
const OVERRIDABLE = /(^|,)[XB](b|v|z)?(,|$)/;
const SIZED_OPERAND = /(^|,)([A-Z][vz]|[er]AX)(,|$)/;
const WIDE_OPERAND = /(^|,)([A-Z][vy]|rAX)(,|$)/;

/** Branches whose F2 asks that bound registers stay (SDM volume 1, appendix on MPX): near ones but JrCXZ and LOOP. */
const BOUNDED = /^(j[^r]\S*|call|ret)$/;

const hasMemory = ({ operands }: Instruction): boolean => operands.some(({ kind }) => kind === 'memory');
const shownOperands = ({ form, instruction }: Subject): string => form.operands ?? instruction.row.operands;

const patterns = new Map<string, OpcodePattern>();

function patternOf({ code }: Row): OpcodePattern {
  const known = patterns.get(code) ?? parsePattern(code);
  patterns.set(code, known);
  return known;
}

/** Does the text of a memory operand show how wide the address is? A 32-bit displacement alone does not. */
function addressTellsSize({ operands, addressSize, row }: Instruction): boolean {
  if (DIRECT_OFFSET.test(row.operands)) return false;
  return operands.some((one) => one.kind === 'memory' && (addressSize === 2 || one.base >= 0 || one.index >= 0));
}

/** What the name says of the operand size: by alternatives, or by its suffix. */
function nameUsesSize(subject: Subject): { any: boolean; wide: boolean } {
  const [stem = '', rule = ''] = (nameForm(subject) ?? '').split(':');
  const silent = rule === 'legacy' && subject.instruction.mode.codeSize === 8;
  const ruled = SIZED_RULES.has(rule) && !silent;
  return {
    any: stem.includes('|') || (ruled && rule !== 'long'),
    wide: stem.split('|').length > 2 || (ruled && rule !== 'environment'),
  };
}

/** The operand size prefix makes a difference. */
function usesOperandSize(subject: Subject): boolean {
  const { instruction, form } = subject;
  const { row, mode } = instruction;
  if (mode.codeSize === 8 && row.wide === 'force') return false;
  if (form.pointer === 'word' && hasMemory(instruction)) return shownOperands(subject).includes('Gv');
  return form.pointer === 'far' || nameUsesSize(subject).any || SIZED_OPERAND.test(shownOperands(subject));
}

/** REX.W makes a difference. */
function usesWide(subject: Subject): boolean {
  const { instruction, form } = subject;
  if (form.pointer === 'word' && hasMemory(instruction) && !shownOperands(subject).includes('Gv')) return false;
  return (
    instruction.row.wide === undefined && (nameUsesSize(subject).wide || WIDE_OPERAND.test(shownOperands(subject)))
  );
}

/** The bits of REX that make a difference; `REX.present` for one that only turns AH … BH into SPL … DIL. */
function usedRex(subject: Subject): number {
  const { instruction, encoding } = subject;
  const { row, operands } = instruction;
  let used = patternOf(row).rexW !== undefined || usesWide(subject) ? REX.W : 0;
  row.operands.split(',').forEach((code, i) => {
    const operand = operands[i];
    if (operand?.kind === 'register') {
      if (operand.file === 'gpr' && operand.size === 1 && operand.index >= 4) used |= REX.present;
      if (/^[GVCD]/.test(code) && code !== 'CL' && code !== 'DX') used |= REX.R;
      if (/^[EWURZ]/.test(code)) used |= REX.B;
    } else if (operand?.kind === 'memory' && !DIRECT_OFFSET.test(code)) {
      used |= (encoding.modrm & 7) === 4 ? REX.X | REX.B : REX.B;
    }
  });
  return used;
}

function rexNames(subject: Subject): string[] {
  const { rex } = subject.encoding;
  if (rex === 0) return [];
  const used = usedRex(subject);
  const told = rex === REX.present ? (used & REX.present) !== 0 : (rex & 15 & ~used) === 0;
  if (told) return [];
  const bits = (['W', 'R', 'X', 'B'] as const).filter((bit) => (rex & REX[bit]) !== 0).join('');
  return [bits === '' ? 'rex' : `rex.${bits}`];
}

/** Repeats as the instruction's own text spells them. */
function repeatName(byte: number, { row }: Instruction, bounded: boolean): string {
  if (byte === PREFIX.repne) return bounded ? 'bnd' : 'repnz';
  return row.repeatable && !/^(cmps|scas)/.test(row.name) ? 'rep' : 'repz';
}

function prefixName(byte: number, instruction: Instruction): string {
  const { row, mode } = instruction;
  switch (byte) {
    case PREFIX.operandSize:
      return mode.codeSize === 2 ? 'data32' : 'data16';
    case PREFIX.addressSize:
      return mode.codeSize === 4 ? 'addr16' : 'addr32';
    case PREFIX.lock:
      return 'lock';
    case PREFIX.repne:
    case PREFIX.rep:
      return repeatName(byte, instruction, BOUNDED.test(row.name));
    default:
      if (byte === NOTRACK && isIndirectBranch(row)) return 'notrack';
      return SEGMENT_NAMES[SEGMENT_OVERRIDES[byte] ?? 0] as string;
  }
}

/** Which prefix bytes the mnemonic and the operands already tell, by position: of a kind, the last one counts. */
function toldPrefixes(subject: Subject): ReadonlySet<number> {
  const { instruction, encoding } = subject;
  const { row } = instruction;
  const { mandatoryPrefix } = patternOf(row);
  const shown = shownOperands(subject);
  const told = new Set<number>();
  const tell = (when: boolean, test: (byte: number) => boolean): void => {
    if (when) told.add(encoding.prefixes.findLastIndex(test));
  };
  const sized = usesOperandSize(subject) && (encoding.rex & REX.W) === 0;
  tell(mandatoryPrefix === '66' || sized, (byte) => byte === PREFIX.operandSize);
  const addressed = IMPLICIT_MEMORY.test(shown) || addressTellsSize(instruction) || row.name === 'jrcxz';
  tell(addressed || nameForm(subject)?.endsWith(':address') === true, (byte) => byte === PREFIX.addressSize);
  const isRepeat = (byte: number): boolean => byte === PREFIX.rep || byte === PREFIX.repne;
  tell(mandatoryPrefix === 'f2' || mandatoryPrefix === 'f3', isRepeat);
  const counts = (byte: number): boolean => overrideOf(byte, instruction) !== undefined;
  tell(hasMemory(instruction) || OVERRIDABLE.test(shown), counts);
  tell(branchHint(subject) !== '', (byte) => byte === 0x2e || byte === 0x3e);
  return told;
}

/** What is to be written before the mnemonic, in the order of the bytes. */
export function prefixNames(subject: Subject): string[] {
  if (subject.encoding.prefixes.length === 0 && subject.encoding.rex === 0) return [];
  const told = toldPrefixes(subject);
  const names = subject.encoding.prefixes.flatMap((byte, index) =>
    told.has(index) ? [] : [prefixName(byte, subject.instruction)],
  );
  return [...names, ...rexNames(subject)];
}
