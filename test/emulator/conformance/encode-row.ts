// Makes instruction bytes for a row of the tables: random registers, a memory operand in the data window, immediates at
// their edges. The decoder has the last word: what does not decode to the same row is not a case.

import type { Decoder } from '../../../src/emulator/decode/decoder.js';
import { type OperandCode, parseOperands } from '../../../src/emulator/decode/operand-codes.js';
import { type OpcodePattern, parsePattern } from '../../../src/emulator/decode/pattern.js';
import type { CpuMode, Instruction } from '../../../src/emulator/isa/instruction.js';
import type { Row } from '../../../src/emulator/isa/row.js';
import { randomInteger } from './operands.js';
import type { Random } from './random.js';

/** Memory operands are [rBX + disp8]; the state generator points rBX into the window. */
export const BASE_REGISTER = 3;

interface Draft {
  readonly bytes: number[];
  readonly wide: boolean;
  readonly short: boolean;
}

function prefixes(pattern: OpcodePattern, mode: 64 | 32, random: Random): Draft {
  const bytes: number[] = [];
  const short = pattern.mandatoryPrefix === undefined && random.oneIn(4);
  if (short) bytes.push(0x66);
  const { mandatoryPrefix } = pattern;
  if (mandatoryPrefix !== undefined && mandatoryPrefix !== 'none') bytes.push(Number.parseInt(mandatoryPrefix, 16));
  const wide = mode === 64 && (pattern.rexW ?? random.oneIn(3));
  if (mode === 64 && (wide || random.oneIn(3))) {
    const rexB = pattern.rexB === false ? 0 : random.below(2);
    bytes.push(0x40 | (wide ? 8 : 0) | (random.below(2) << 2) | rexB);
  }
  return { bytes, wide, short };
}

function modrmOf(pattern: OpcodePattern, memory: boolean, random: Random): number {
  if (pattern.modrm !== undefined) return pattern.modrm | (pattern.registerInModrm ? random.below(8) : 0);
  const reg = (pattern.reg ?? random.below(8)) << 3;
  return memory ? 0x40 | reg | BASE_REGISTER : 0xc0 | reg | random.below(8);
}

function immediateBytes(code: OperandCode, { wide, short }: Draft): number {
  if (code.size === 'v') return wide ? 8 : short ? 2 : 4;
  if (code.size === 'z' || code.size === 'b-or-z') return short ? 2 : 4;
  return typeof code.size === 'number' ? code.size : 4;
}

function displacement(codes: readonly OperandCode[], random: Random): number {
  const size = codes.find(({ source }) => source === 'modrm.rm')?.size;
  const isArea = typeof size === 'number' && size >= 512;
  const step = size === 16 || isArea ? 16 : typeof size === 'number' && size > 1 ? 4 : 1;
  const limit = isArea ? 0 : 64;
  const at = Math.floor(random.below(limit + 1) / step) * step;
  return random.oneIn(16) ? (at + 1) & 0x7f : at;
}

/** An encoding of `row` with its decoded form, or undefined when this draw did not give one. */
export function encodeRow(
  row: Row,
  mode: 64 | 32,
  cpuMode: CpuMode,
  decoder: Decoder,
  random: Random,
): { code: Uint8Array; instruction: Instruction } | undefined {
  const pattern = parsePattern(row.code);
  const codes = parseOperands(row.operands);
  const draft = prefixes(pattern, mode, random);
  const { bytes } = draft;
  if (row.repeatable && random.oneIn(2)) bytes.unshift(random.pick([0xf2, 0xf3]));
  if (pattern.map >= 1) bytes.push(0x0f);
  if (pattern.map >= 2) bytes.push(pattern.map === 2 ? 0x38 : 0x3a);
  bytes.push(pattern.opcode | (pattern.registerInOpcode ? random.below(8) : 0));
  if (pattern.hasModrm) {
    const needs = pattern.form ?? codes.find((one) => one.only !== undefined)?.only;
    const memory = needs === undefined ? random.oneIn(3) : needs === 'memory';
    const modrm = modrmOf(pattern, memory, random);
    bytes.push(modrm);
    if (modrm < 0xc0) bytes.push(displacement(codes, random));
  }
  for (const code of codes) {
    if (code.source !== 'immediate' && code.source !== 'relative') continue;
    const size = immediateBytes(code, draft);
    const value = randomInteger(random, size * 8);
    for (let i = 0; i < size; i++) bytes.push(Number((value >> BigInt(i * 8)) & 0xffn));
  }
  const code = Uint8Array.from(bytes);
  const instruction = decoder.decode(code, 0, code.length, cpuMode);
  if (typeof instruction !== 'object' || instruction.row !== row || instruction.length !== code.length)
    return undefined;
  return { code, instruction };
}
