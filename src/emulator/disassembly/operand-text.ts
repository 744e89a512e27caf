/** Operands as text, in both syntaxes (SDM volume 2, 3.1.1; GNU as manual, "AT&T Syntax versus Intel Syntax"). */
import { parseOperands } from '../decode/operand-codes.js';
import {
  type ImmediateOperand,
  type Instruction,
  type MemoryOperand,
  type Operand,
  RIP_BASE,
} from '../isa/instruction.js';
import type { Row } from '../isa/row.js';
import type { Subject } from './disassembled.js';
import { generalRegister, registerName, SEGMENT_NAMES } from './names.js';

const POINTER_SIZES: Readonly<Record<number, string>> = {
  1: 'BYTE PTR ', 2: 'WORD PTR ', 4: 'DWORD PTR ', 6: 'FWORD PTR ', 8: 'QWORD PTR ', 10: 'TBYTE PTR ', 16: 'XMMWORD PTR ', 17: 'OWORD PTR ',
}; // biome-ignore format: a table

/** Sixteen bytes that are no vector. */
const OWORD = 17;

/** Rows whose memory operand is an offset in the instruction, without ModRM. */
export const DIRECT_OFFSET = /(^|,)O[bv]/;

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const signedHex = (value: bigint): string => (value < 0n ? `-${hex(-value)}` : hex(value));

/** Segment registers by override prefix. */
export const SEGMENT_OVERRIDES: Readonly<Record<number, number>> = {
  38: 0, 46: 1, 54: 2, 62: 3, 100: 4, 101: 5,
}; // biome-ignore format: a table

/** What text says of a memory operand before the syntax is chosen. */
interface MemoryParts {
  readonly segment: string;
  readonly base: string;
  readonly index: string;
  readonly scale: number;
  readonly displacement: bigint;
  readonly showsDisplacement: boolean;
}

/** Text and the address that it refers to, if it does. */
export interface OperandText {
  readonly text: string;
  readonly target?: bigint;
}

const width = (size: number): bigint => BigInt(size) * 8n;
const nextAddress = ({ instruction, address }: Subject): bigint => address + BigInt(instruction.length);

/** DS before an indirect branch means that control-flow enforcement shall not track it (SDM volume 1, 17.3.3). */
export const NOTRACK = 0x3e;

export const isIndirectBranch = ({ code }: Row): boolean => code === 'ff /2' || code === 'ff /4';

/** The segment register that a prefix byte selects; in 64-bit mode only FS and GS count (SDM volume 2, 2.2.1). */
export function overrideOf(byte: number, { mode, row }: Instruction): number | undefined {
  const segment = SEGMENT_OVERRIDES[byte];
  if (segment === undefined || (mode.codeSize === 8 && segment < 4)) return undefined;
  return byte === NOTRACK && isIndirectBranch(row) ? undefined : segment;
}

/** The name of the segment that an override selects, or nothing. */
function overriddenSegment({ encoding, instruction }: Subject): string {
  const segments = encoding.prefixes.map((byte) => overrideOf(byte, instruction));
  const last = segments.findLast((segment) => segment !== undefined);
  return last === undefined ? '' : (SEGMENT_NAMES[last] as string);
}

function memoryParts(operand: MemoryOperand, subject: Subject): MemoryParts {
  const { instruction, encoding } = subject;
  const { addressSize, row } = instruction;
  const moved = row.popsFirst && operand.base === 4 ? instruction.operandSize : 0;
  const displacement = BigInt(operand.displacement) - BigInt(moved);
  const { base, index } = operand;
  const pointer = addressSize === 8 ? 'rip' : 'eip';
  const hasSib = addressSize !== 2 && (encoding.modrm & 7) === 4 && !DIRECT_OFFSET.test(row.operands);
  // A SIB that names no index, where it was not needed to reach rSP: assemblers write a pseudo register.
  const needed = encoding.sib >> 6 === 0 && (base >= 0 ? (base & 7) === 4 : addressSize === 8);
  const zero = hasSib && index < 0 && !needed;
  return {
    segment: overriddenSegment(subject),
    base: base === RIP_BASE ? pointer : base < 0 ? '' : generalRegister(base, addressSize),
    index: index >= 0 ? generalRegister(index, addressSize) : zero ? (addressSize === 8 ? 'riz' : 'eiz') : '',
    scale: addressSize === 2 ? 0 : encoding.sib >> 6,
    displacement,
    showsDisplacement: displacement !== 0n || base < 0 || base === RIP_BASE || encoding.modrm >> 6 !== 0,
  };
}

function absolute(displacement: bigint, subject: Subject): string {
  const { addressSize, mode } = subject.instruction;
  return hex(BigInt.asUintN(mode.codeSize === 8 ? 64 : Number(width(addressSize)), displacement));
}

function attMemory(parts: MemoryParts, subject: Subject): string {
  const segment = parts.segment === '' ? '' : `%${parts.segment}:`;
  if (parts.base === '' && parts.index === '') {
    const short = subject.instruction.addressSize === 2 && !DIRECT_OFFSET.test(subject.instruction.row.operands);
    return segment + (short ? signedHex(BigInt.asIntN(16, parts.displacement)) : absolute(parts.displacement, subject));
  }
  const displacement = parts.showsDisplacement ? signedHex(parts.displacement) : '';
  const base = parts.base === '' ? '' : `%${parts.base}`;
  const scale = subject.instruction.addressSize === 2 ? '' : `,${1 << parts.scale}`;
  const index = parts.index === '' ? '' : `,%${parts.index}${scale}`;
  return `${segment}${displacement}(${base}${index})`;
}

function intelMemory(parts: MemoryParts, size: number, subject: Subject): string {
  const pointer = POINTER_SIZES[size] ?? '';
  const direct = parts.base === '' && parts.index === '';
  const segment = parts.segment === '' ? (direct ? 'ds:' : '') : `${parts.segment}:`;
  if (direct) return pointer + segment + absolute(parts.displacement, subject);
  const scale = subject.instruction.addressSize === 2 ? '' : `*${1 << parts.scale}`;
  const index = parts.index === '' ? '' : `${parts.index}${scale}`;
  const sum = [parts.base, index].filter((one) => one !== '').join('+');
  // A RIP-relative displacement stands unsigned there.
  const relative = parts.base === 'rip' || parts.base === 'eip';
  const displacement = relative ? absolute(parts.displacement, subject) : signedHex(parts.displacement);
  const sign = displacement.startsWith('-') ? '' : '+';
  return `${pointer}${segment}[${sum}${parts.showsDisplacement ? sign + displacement : ''}]`;
}

/** Bytes that Intel text names for memory operands whose row leaves the size to the semantic function. */
function pointerSize({ instruction, form }: Subject, operand: MemoryOperand): number {
  const { operandSize } = instruction;
  switch (form.pointer) {
    case 'far':
      return Math.min(operandSize, 4) + 2;
    case 'pair':
      return operandSize * 2;
    case 'oword':
      return OWORD;
    case 'none':
      return 0;
    case 'word':
      return 2;
    case 'byte':
      return 1;
    default:
      return operand.size;
  }
}

function memoryText(operand: MemoryOperand, subject: Subject): OperandText {
  const parts = memoryParts(operand, subject);
  const target =
    operand.base === RIP_BASE
      ? BigInt.asUintN(Number(width(subject.instruction.addressSize)), nextAddress(subject) + parts.displacement)
      : undefined;
  const text =
    subject.syntax === 'att' ? attMemory(parts, subject) : intelMemory(parts, pointerSize(subject, operand), subject);
  return target === undefined ? { text } : { text, target };
}

/** The implicit operands of string instructions and XLAT: X is DS:rSI, Y is ES:rDI, B is DS:rBX. */
function implicitMemory(letter: 'X' | 'Y' | 'B', size: number, subject: Subject): OperandText {
  const register = generalRegister({ X: 6, Y: 7, B: 3 }[letter], subject.instruction.addressSize);
  const segment = letter === 'Y' ? 'es' : overriddenSegment(subject) || 'ds';
  if (subject.syntax === 'att') return { text: `%${segment}:(%${register})` };
  return { text: `${POINTER_SIZES[size] ?? ''}${segment}:[${register}]` };
}

/** The target of a relative branch. */
function branchTarget(value: number, subject: Subject): bigint {
  const { operandSize, mode } = subject.instruction;
  const bits = mode.codeSize === 8 ? 64 : operandSize === 2 ? 16 : 32;
  return BigInt.asUintN(bits, nextAddress(subject) + BigInt(value));
}

/** Rows whose byte immediate is extended to the operand size; elsewhere (shift counts, bit numbers) it is a byte. */
const EXTENDS_BYTE = /^(83|6b|6a)\b/;

function immediateSize(operand: ImmediateOperand, { instruction: { row, operands } }: Subject): number {
  const code = row.operands.split(',')[operands.indexOf(operand)];
  return code === 'Ib' && !EXTENDS_BYTE.test(row.code) ? 1 : operand.size;
}

function explicitText(operand: Operand, subject: Subject): OperandText {
  const att = subject.syntax === 'att';
  switch (operand.kind) {
    case 'register':
      return { text: att ? `%${registerName(operand, 'db')}` : registerName(operand, 'dr') };
    case 'immediate':
      return {
        text: (att ? '$' : '') + hex(BigInt.asUintN(immediateSize(operand, subject) * 8, BigInt(operand.value))),
      };
    case 'relative': {
      const target = branchTarget(operand.value, subject);
      const symbol = subject.symbolize(target);
      return { text: hex(target) + (symbol === undefined ? '' : ` <${symbol}>`) };
    }
    case 'memory':
      return memoryText(operand, subject);
  }
}

const SEGMENTS: Readonly<Record<string, number>> = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5 };

function suffixSize(suffix: string, operandSize: number): number {
  if (suffix === 'v') return operandSize;
  if (suffix === 'z') return Math.min(4, operandSize);
  if (suffix === 'y') return Math.max(4, operandSize);
  return suffix === 'd' ? 4 : suffix === 'w' ? 2 : 1;
}

/** An operand that the text names: one of the row's, perhaps with another register size, or one that the row leaves implicit. */
function namedText(code: string, subject: Subject): OperandText {
  const { instruction } = subject;
  const codes = instruction.row.operands.split(',');
  const listed = codes.findIndex((one) => one === code || (/^[EGM]/.test(one) && one[0] === code[0]));
  const operand = instruction.operands[listed];
  if (operand !== undefined) {
    const resized = operand.kind === 'register' && codes[listed] !== code;
    const size = resized ? suffixSize(code.slice(1), instruction.operandSize) : 0;
    return explicitText(resized ? { ...operand, size } : operand, subject);
  }
  const segment = SEGMENTS[code];
  if (segment !== undefined) {
    return explicitText({ kind: 'register', file: 'segment', index: segment, size: 2, high: false }, subject);
  }
  const size = suffixSize(code.slice(1), instruction.operandSize);
  const letter = /^[XYB][bvz]?$/.test(code) ? code[0] : undefined;
  if (letter === 'X' || letter === 'Y' || letter === 'B') return implicitMemory(letter, size, subject);
  const [known] = parseOperands(code);
  const registerSize = typeof known?.size === 'number' ? known.size : instruction.operandSize;
  return explicitText(
    { kind: 'register', file: known?.file ?? 'gpr', index: known?.index ?? 0, size: registerSize, high: false },
    subject,
  );
}

/** The operands in Intel's order. */
export function operandTexts(subject: Subject): readonly OperandText[] {
  const { form, instruction } = subject;
  if (form.operands === undefined) return instruction.operands.map((one) => explicitText(one, subject));
  return form.operands.split(',').map((code) => namedText(code, subject));
}
