/** Encodings of a row of the instruction tables: any ModRM and SIB, prefixes that matter and prefixes that do not. */
import { parseOperands } from '../../../src/emulator/decode/operand-codes.js';
import { type OpcodePattern, parsePattern } from '../../../src/emulator/decode/pattern.js';
import type { CodeWidth } from '../../../src/emulator/disassembly/disassembled.js';
import type { Row } from '../../../src/emulator/isa/row.js';
import type { Random } from '../conformance/random.js';

const STRAY_PREFIXES = [0x66, 0x67, 0x2e, 0x64, 0x65, 0x3e, 0xf2, 0xf3, 0xf0];
const TAIL = 16;

function modrmOf(row: Row, pattern: OpcodePattern, random: Random): number {
  if (pattern.modrm !== undefined) return pattern.modrm | (pattern.registerInModrm ? random.below(8) : 0);
  const needs = pattern.form ?? parseOperands(row.operands).find((one) => one.only !== undefined)?.only;
  const mod = needs === 'register' ? 3 : needs === 'memory' ? random.below(3) : random.below(4);
  return (mod << 6) | ((pattern.reg ?? random.below(8)) << 3) | random.below(8);
}

function tail(random: Random): number[] {
  const kind = random.below(4);
  return Array.from({ length: TAIL }, () => (kind === 0 ? 0 : kind === 1 ? 0xff : random.below(256)));
}

/** Bytes that begin with an encoding of `row`; more follow than it needs. */
export function rowEncoding(row: Row, width: CodeWidth, random: Random): Uint8Array {
  const pattern = parsePattern(row.code);
  const { mandatoryPrefix } = pattern;
  const bytes: number[] = [];
  if (random.oneIn(6)) bytes.push(random.pick(STRAY_PREFIXES));
  if (mandatoryPrefix !== undefined && mandatoryPrefix !== 'none') bytes.push(Number.parseInt(mandatoryPrefix, 16));
  if (mandatoryPrefix === undefined && random.oneIn(5)) bytes.push(0x66);
  if (width === 64 && (pattern.rexW === true || random.oneIn(3))) {
    const allowed = (pattern.rexB === false ? 0xe : 0xf) & (pattern.rexW === false ? 0x7 : 0xf);
    bytes.push(0x40 | (random.below(16) & allowed) | (pattern.rexW === true ? 8 : 0));
  }
  if (pattern.map >= 1) bytes.push(0x0f);
  if (pattern.map >= 2) bytes.push(pattern.map === 2 ? 0x38 : 0x3a);
  bytes.push(pattern.opcode | (pattern.registerInOpcode ? random.below(8) : 0));
  if (pattern.hasModrm) bytes.push(modrmOf(row, pattern, random));
  return Uint8Array.from([...bytes, ...tail(random)]);
}
