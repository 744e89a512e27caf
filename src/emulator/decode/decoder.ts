/**
 * Bytes -> `Instruction`, driven by the instruction tables. Formats: SDM volume 2, chapter 2.
 *
 * Pure: sees a byte source and a mode, no processor state. Undefined encodings are a value (`undefined`), and so is an
 * instruction that needs bytes the source does not have ('short').
 */
import {
  type CpuMode,
  type Instruction,
  type Literal,
  type Operand,
  RIP_BASE,
  type Width,
} from '../isa/instruction.js';
import type { Feature, Row } from '../isa/row.js';
import { type IndexedRow, type OpcodeIndex, opcodeIndex } from './opcode-index.js';
import type { OperandCode } from './operand-codes.js';
import { addressSizeOf, immediateSize, operandSizeOf, type Parts, registerOperand, sizeOf } from './sizes.js';

export const MAX_LENGTH = 15;

const SEGMENT_PREFIXES: Readonly<Record<number, number>> = { 38: 0, 46: 1, 54: 2, 62: 3, 100: 4, 101: 5 };

/** 16-bit addressing forms by ModRM.rm: [base, index] (SDM volume 2, table 2-1). */
const BASES_16: readonly (readonly [number, number])[] = [
  [3, 6],
  [3, 7],
  [5, 6],
  [5, 7],
  [6, -1],
  [7, -1],
  [5, -1],
  [3, -1],
];

const isPrefix = (byte: number): boolean =>
  byte === 0x66 || byte === 0x67 || byte === 0xf0 || byte === 0xf2 || byte === 0xf3 || (byte & 0xf0) === 0x40;

const effectiveSegment = (p: Parts, fallback: number): number => (p.segment >= 0 ? p.segment : fallback);

const isSegmented = (segment: number, mode: CpuMode): boolean => segment >= 4 || (mode.codeSize !== 8 && !mode.flat);

class Short extends Error {}

/** One for all: making it at every page end, with a stack trace, costs more than decoding. */
const SHORT = new Short();

export class Decoder {
  private readonly index: OpcodeIndex;
  private readonly features: ReadonlySet<Feature>;
  private bytes: Uint8Array = new Uint8Array(0);
  private end = 0;

  constructor(features: ReadonlySet<Feature>, index: OpcodeIndex = opcodeIndex()) {
    this.features = features;
    this.index = index;
  }

  /**
   * Decodes at `bytes[offset]`, looking no further than `end`. Returns undefined for an undefined encoding (#UD) and
   * 'short' when bytes are missing; 'long' when the instruction exceeds 15 bytes (#GP).
   */
  decode(bytes: Uint8Array, offset: number, end: number, mode: CpuMode): Instruction | undefined | 'short' | 'long' {
    this.bytes = bytes;
    const limit = Math.min(end, offset + MAX_LENGTH);
    this.end = limit;
    try {
      return this.parse(offset, mode);
    } catch (error) {
      if (error instanceof Short) return limit < end ? 'long' : 'short';
      throw error;
    }
  }

  private byte(p: Parts): number {
    if (p.position >= this.end) throw SHORT;
    return this.bytes[p.position++] as number;
  }

  private parse(offset: number, mode: CpuMode): Instruction | undefined {
    const p: Parts = {
      start: offset,
      position: offset,
      operandPrefix: false,
      addressPrefix: false,
      repeat: 0,
      lock: false,
      segment: -1,
      rex: 0,
      opcode: 0,
      modrm: -1,
      addressSize: mode.codeSize,
      operandSize: 4,
      memory: undefined,
      literals: [],
    };
    const found = this.findRow(p, mode);
    if (found === undefined) return undefined;
    const { row, pattern, operands: codes } = found;
    if (pattern.hasModrm && p.modrm < 0) p.modrm = this.byte(p);
    if (row.ignoresMod) p.modrm |= 0xc0;
    if (p.lock && !(row.lockable && p.modrm >= 0 && p.modrm < 0xc0)) return undefined;
    p.operandSize = operandSizeOf(p, mode, found);
    p.addressSize = addressSizeOf(p.addressPrefix, mode.codeSize);
    if (pattern.hasModrm && p.modrm < 0xc0) this.parseMemory(p, mode);
    const operands: Operand[] = [];
    for (const code of codes) {
      const operand = this.parseOperand(p, operands.length, code, mode, found);
      if (operand === undefined) return undefined;
      operands.push(operand);
      if (code.source === 'pointer') {
        operands.push({ kind: 'immediate', size: 2, value: this.unsigned(p, operands.length, 2) });
      }
    }
    const repeat = row.repeatable && p.repeat !== 0 ? (p.repeat === 0xf3 ? 'rep' : 'repne') : undefined;
    return {
      row,
      mode,
      length: p.position - offset,
      operandSize: p.operandSize,
      addressSize: p.addressSize,
      repeat,
      lock: p.lock,
      segment: effectiveSegment(p, 3),
      operands,
      literals: p.literals,
    };
  }

  private findRow(p: Parts, mode: CpuMode): IndexedRow | undefined {
    let opcode = this.byte(p);
    for (;;) {
      const segment = SEGMENT_PREFIXES[opcode];
      if (opcode === 0x66) p.operandPrefix = true;
      else if (opcode === 0x67) p.addressPrefix = true;
      else if (opcode === 0xf0) p.lock = true;
      else if (opcode === 0xf2 || opcode === 0xf3) p.repeat = opcode;
      else if (segment !== undefined) {
        // In 64-bit mode only FS and GS overrides count.
        if (mode.codeSize !== 8 || segment >= 4) p.segment = segment;
      } else if (mode.codeSize === 8 && opcode >= 0x40 && opcode <= 0x4f) {
        // REX counts only directly before the opcode.
        p.rex = opcode;
        opcode = this.byte(p);
        if (SEGMENT_PREFIXES[opcode] === undefined && !isPrefix(opcode)) break;
        p.rex = 0;
        continue;
      } else break;
      opcode = this.byte(p);
    }
    let map = 0;
    if (opcode === 0x0f) {
      opcode = this.byte(p);
      map = opcode === 0x38 ? 2 : opcode === 0x3a ? 3 : 1;
      if (map > 1) opcode = this.byte(p);
    }
    p.opcode = opcode;
    const candidates = this.index[map]?.[opcode];
    if (candidates === undefined) return undefined;
    if (candidates.hasModrm) {
      // Peeked: rows without ModRM cannot share an opcode with rows that have one, except through prefixes.
      if (p.position >= this.end) throw SHORT;
      p.modrm = this.bytes[p.position] as number;
    }
    let row: IndexedRow | undefined;
    for (const one of candidates.rows) {
      if (!this.matches(one, p, mode)) continue;
      row = one;
      break;
    }
    if (row?.pattern.hasModrm) p.position++;
    else p.modrm = -1;
    return row;
  }

  private matches({ row, pattern, needs }: IndexedRow, p: Parts, mode: CpuMode): boolean {
    if (row.mode !== undefined && (row.mode === '64') !== (mode.codeSize === 8)) return false;
    if (row.feature !== undefined && !this.features.has(row.feature)) return false;
    const { mandatoryPrefix: prefix } = pattern;
    if (prefix === 'none' && (p.repeat !== 0 || p.operandPrefix)) return false;
    if (prefix === '66' && (!p.operandPrefix || p.repeat !== 0)) return false;
    if (prefix === 'f2' && p.repeat !== 0xf2) return false;
    if (prefix === 'f3' && p.repeat !== 0xf3) return false;
    if (pattern.rexW !== undefined && pattern.rexW !== ((p.rex & 8) !== 0)) return false;
    if (pattern.rexB === false && (p.rex & 1) !== 0) return false;
    if (!pattern.hasModrm) return true;
    if (pattern.reg !== undefined && ((p.modrm >> 3) & 7) !== pattern.reg) return false;
    if (pattern.modrm !== undefined && (pattern.registerInModrm ? p.modrm & 0xf8 : p.modrm) !== pattern.modrm) {
      return false;
    }
    const isRegister = p.modrm >= 0xc0;
    return needs === undefined || (needs === 'register') === isRegister;
  }

  /** ModRM, SIB and displacement (SDM volume 2, 2.1.5; 64-bit: 2.2.1). */
  private parseMemory(p: Parts, mode: CpuMode): void {
    const mod = p.modrm >> 6;
    const rm = p.modrm & 7;
    if (p.addressSize === 2) {
      const [base, index] = BASES_16[rm] as readonly [number, number];
      if (mod === 0 && rm === 6) {
        p.memory = { base: -1, index: -1, scale: 0, displacement: this.unsigned(p, 'displacement', 2) };
      } else {
        const displacement = mod === 0 ? 0 : this.signed(p, 'displacement', mod === 1 ? 1 : 2);
        p.memory = { base, index, scale: 0, displacement };
      }
      return;
    }
    const rexB = (p.rex & 1) << 3;
    let base = rm | rexB;
    let index = -1;
    let scale = 0;
    if (rm === 4) {
      const sib = this.byte(p);
      base = (sib & 7) | rexB;
      index = ((sib >> 3) & 7) | ((p.rex & 2) << 2);
      if (index === 4) index = -1;
      scale = sib >> 6;
      if ((sib & 7) === 5 && mod === 0) base = -2;
    } else if (rm === 5 && mod === 0) base = mode.codeSize === 8 ? RIP_BASE : -2;
    const hasWide = mod === 2 || base === -2 || base === RIP_BASE;
    const size = mod === 1 ? 1 : hasWide ? 4 : 0;
    const displacement = size === 0 ? 0 : this.signed(p, 'displacement', size);
    p.memory = { base: base === -2 ? -1 : base, index, scale, displacement };
  }

  private parseOperand(
    p: Parts,
    number: number,
    code: OperandCode,
    mode: CpuMode,
    found: IndexedRow,
  ): Operand | undefined {
    const size = sizeOf(code, p);
    switch (code.source) {
      case 'modrm.rm': {
        if (p.memory !== undefined) return this.memoryOperand(p, size, mode, found.row);
        if (code.only === 'memory') return undefined;
        return registerOperand(code, (p.modrm & 7) | ((p.rex & 1) << 3), size, p);
      }
      case 'modrm.reg':
        return registerOperand(code, ((p.modrm >> 3) & 7) | ((p.rex & 4) << 1), size, p);
      case 'opcode':
        return registerOperand(code, (p.opcode & 7) | ((p.rex & 1) << 3), size, p);
      case 'fixed':
        return { kind: 'register', file: code.file, index: code.index, size, high: false };
      case 'stack-top':
        return { kind: 'register', file: 'st', index: code.index < 0 ? p.modrm & 7 : 0, size, high: false };
      case 'one':
        return { kind: 'immediate', size: 1, value: 1 };
      case 'immediate':
        return {
          kind: 'immediate',
          size: immediateSize(code, p, found, size),
          value: this.immediate(p, number, code, size),
        };
      case 'relative': {
        return { kind: 'relative', size, value: this.signed(p, number, size as 1 | 2 | 4) };
      }
      case 'pointer':
        return {
          kind: 'immediate',
          size: p.operandSize,
          value: this.unsigned(p, number, p.operandSize === 2 ? 2 : 4),
        };
      case 'offset': {
        const displacement =
          p.addressSize === 8 ? this.wide(p, 'displacement') : this.unsigned(p, 'displacement', p.addressSize);
        const segment = effectiveSegment(p, 3);
        return {
          kind: 'memory', size, segment, segmented: isSegmented(segment, mode), base: -1, index: -1, scale: 0, displacement,
        }; // biome-ignore format: one operand
      }
    }
  }

  private memoryOperand(p: Parts, size: number, mode: CpuMode, row: Row): Operand {
    const { base, index, scale, displacement } = p.memory as NonNullable<Parts['memory']>;
    const segment = effectiveSegment(p, base === 4 || base === 5 ? 2 : 3);
    return {
      kind: 'memory',
      size,
      segment,
      segmented: isSegmented(segment, mode),
      base,
      index,
      scale,
      displacement: displacement + poppedBefore(row, base, p.operandSize),
    };
  }

  private immediate(p: Parts, number: number, code: OperandCode, size: number): number | bigint {
    if (code.size === 'v' && size === 8) return this.wide(p, number);
    return this.signed(p, number, size === 8 ? 4 : (size as 1 | 2 | 4));
  }

  // ---- literals ----------------------------------------------------------------------------------------------

  private unsigned(p: Parts, part: Literal['part'], size: 2 | 4): number {
    p.literals.push({ part, at: p.position - p.start, size, signed: false });
    return this.read(p, size);
  }

  private signed(p: Parts, part: Literal['part'], size: 1 | 2 | 4): number {
    p.literals.push({ part, at: p.position - p.start, size, signed: true });
    const unused = 32 - size * 8;
    return (this.read(p, size) << unused) >> unused;
  }

  private wide(p: Parts, part: Literal['part']): bigint {
    p.literals.push({ part, at: p.position - p.start, size: 8, signed: true });
    const low = this.read(p, 4);
    return BigInt.asIntN(64, BigInt(low) | (BigInt(this.read(p, 4)) << 32n));
  }

  private read(p: Parts, size: 1 | 2 | 4): number {
    if (p.position + size > this.end) throw SHORT;
    const at = p.position;
    p.position += size;
    let value = this.bytes[at] as number;
    if (size > 1) value |= (this.bytes[at + 1] as number) << 8;
    if (size > 2) value |= ((this.bytes[at + 2] as number) << 16) | ((this.bytes[at + 3] as number) << 24);
    return value >>> 0;
  }
}

/** What POP with a stack-based operand adds to the displacement: the address counts after the increment (SDM, "POP"). */
export function poppedBefore(row: Row, base: number, operandSize: Width): number {
  return row.popsFirst && base === 4 ? operandSize : 0;
}
