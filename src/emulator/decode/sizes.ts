/** Operand and address sizes, and register operands, from prefixes and mode (SDM volume 1, 3.6.1; volume 2, 2.2.1). */
import type { CpuMode, Literal, Operand, Width } from '../isa/instruction.js';
import type { IndexedRow } from './opcode-index.js';
import type { OperandCode } from './operand-codes.js';

/** What the prefixes and ModRM said, while an instruction is taken apart. */
export interface Parts {
  /** Where the instruction begins. */
  readonly start: number;
  position: number;
  operandPrefix: boolean;
  addressPrefix: boolean;
  repeat: 0 | 0xf2 | 0xf3;
  lock: boolean;
  /** Segment override, -1 for none. */
  segment: number;
  rex: number;
  opcode: number;
  /** -1 until known. */
  modrm: number;
  addressSize: Width;
  operandSize: Width;
  memory: { base: number; index: number; scale: number; displacement: number } | undefined;
  readonly literals: Literal[];
}

export function operandSizeOf(p: Parts, mode: CpuMode, { row, pattern }: IndexedRow): Width {
  const prefix = p.operandPrefix && pattern.mandatoryPrefix !== '66';
  if (mode.codeSize === 8) {
    if ((p.rex & 8) !== 0 || row.wide === 'force') return 8;
    if (prefix) return 2;
    return row.wide === 'default' ? 8 : 4;
  }
  return (mode.codeSize === 2) === prefix ? 4 : 2;
}

export function addressSizeOf(prefix: boolean, codeSize: Width): Width {
  if (!prefix) return codeSize;
  return codeSize === 4 ? 2 : 4;
}

export function sizeOf(code: OperandCode, p: Parts): number {
  if (typeof code.size === 'number') return code.size;
  if (code.size === 'v') return p.operandSize;
  if (code.size === 'y') return p.operandSize === 8 ? 8 : 4;
  return Math.min(p.operandSize, 4);
}

/** The size an immediate is extended to: that of the operation it takes part in. */
export function immediateSize(code: OperandCode, p: Parts, { extendsImmediate }: IndexedRow, size: number): number {
  if (code.size === 'z' || code.size === 'v') return p.operandSize;
  return extendsImmediate ? p.operandSize : size;
}

const CONTROL_REGISTERS = new Set([0, 2, 3, 4, 8]);

/** A register operand, or undefined when no such register exists. */
export function registerOperand(code: OperandCode, index: number, size: number, p: Parts): Operand | undefined {
  const { file } = code;
  if (file === 'segment') {
    return (index & 7) > 5 ? undefined : { kind: 'register', file, index: index & 7, size, high: false };
  }
  if (file === 'control' && !CONTROL_REGISTERS.has(index)) return undefined;
  if (file === 'debug' && index > 7) return undefined;
  if (file === 'mmx') return { kind: 'register', file, index: index & 7, size, high: false };
  if (file === 'gpr' && size === 1 && p.rex === 0 && index >= 4) {
    return { kind: 'register', file, index: index - 4, size, high: true };
  }
  return { kind: 'register', file, index, size, high: false };
}
