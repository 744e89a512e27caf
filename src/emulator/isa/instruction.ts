/**
 * One decoded instruction: what the decoder makes of bytes, and what every consumer (interpreter, regions,
 * disassembler, instrumentation) starts from. Independent of where the instruction lies.
 */
import type { Row } from './row.js';

/** Operand and address widths in bytes. */
export type Width = 2 | 4 | 8;

/**
 * The processor mode as far as it shapes decoding and code. Anything else (CPL 0-2 apart, CR0 bits) is looked up when
 * the instruction runs. `key` numbers it; see `cpu/mode.ts`.
 */
export interface CpuMode {
  readonly key: number;
  /** Default width of code: 2 (16-bit), 4 (32-bit, compatibility), 8 (64-bit). */
  readonly codeSize: Width;
  readonly stackSize: Width;
  /** CPL is 3. */
  readonly user: boolean;
  /** ES, CS, SS and DS have base 0 and no limit (always so in 64-bit mode). */
  readonly flat: boolean;
}

export type RegisterFile = 'gpr' | 'segment' | 'control' | 'debug' | 'xmm' | 'mmx' | 'st';

export interface RegisterOperand {
  readonly kind: 'register';
  readonly file: RegisterFile;
  readonly index: number;
  /** Bytes of it that are used. */
  readonly size: number;
  /** AH, CH, DH or BH: bits 8-15 of register `index`. */
  readonly high: boolean;
}

export interface MemoryOperand {
  readonly kind: 'memory';
  readonly size: number;
  /** Segment register by encoding. */
  readonly segment: number;
  /** The segment's base and limits matter (false for flat segments). */
  readonly segmented: boolean;
  /** General register by index, -1 for none, 16 for RIP of the next instruction. */
  readonly base: number;
  readonly index: number;
  /** 0-3: the index is shifted left by this. */
  readonly scale: number;
  readonly displacement: bigint | number;
}

export interface ImmediateOperand {
  readonly kind: 'immediate';
  readonly size: number;
  /** Sign-extended where the encoding says so. */
  readonly value: bigint | number;
}

/** A branch target relative to the end of the instruction. */
export interface RelativeOperand {
  readonly kind: 'relative';
  readonly size: number;
  readonly value: number;
}

export type Operand = RegisterOperand | MemoryOperand | ImmediateOperand | RelativeOperand;

export const RIP_BASE = 16;

/**
 * Bytes of the encoding that are a number. Whatever stands before the first one, the head, decides all the rest of the
 * instruction: two with equal heads differ in these numbers only.
 */
export interface Literal {
  /** The operand that has it as its value, or the displacement of the memory operand. */
  readonly part: number | 'displacement';
  /** Byte in the instruction. */
  readonly at: number;
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

export interface Instruction {
  readonly row: Row;
  readonly mode: CpuMode;
  readonly length: number;
  readonly operandSize: Width;
  readonly addressSize: Width;
  /** The F2/F3 prefix where it is not part of the opcode. */
  readonly repeat: 'rep' | 'repne' | undefined;
  readonly lock: boolean;
  /** Segment of implicit memory operands that may be overridden (string source, XLAT): encoding. */
  readonly segment: number;
  readonly operands: readonly Operand[];
  /** In the order of the bytes; they are the instruction's last. */
  readonly literals: readonly Literal[];
}
