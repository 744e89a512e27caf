/** The instruction tables sorted by opcode, for the decoder. Built once a process. */
import type { Family, Row } from '../isa/row.js';
import { FAMILIES } from '../isa/tables.js';
import { type OperandCode, parseOperands } from './operand-codes.js';
import { type OpcodePattern, parsePattern } from './pattern.js';

export interface IndexedRow {
  readonly row: Row;
  readonly family: Family;
  readonly pattern: OpcodePattern;
  readonly operands: readonly OperandCode[];
  /** What ModRM.mod must say, from the pattern or from the operands. */
  readonly needs: 'register' | 'memory' | undefined;
  /** A byte immediate is extended to the operand size. */
  readonly extendsImmediate: boolean;
}

export interface Candidates {
  rows: IndexedRow[];
  hasModrm: boolean;
}

/** By opcode map, then by opcode. */
export type OpcodeIndex = readonly (readonly (Candidates | undefined)[])[];

/** Rows that ask for more come first; otherwise table order holds. */
function rank({ pattern, needs }: IndexedRow): number {
  const prefixed = pattern.mandatoryPrefix !== undefined && pattern.mandatoryPrefix !== 'none';
  return (prefixed ? 0 : 8) + (pattern.modrm !== undefined ? 0 : 4) + (needs === undefined ? 1 : 0);
}

export function buildOpcodeIndex(families: readonly Family[]): OpcodeIndex {
  const maps: (Candidates | undefined)[][] = [[], [], [], []];
  for (const family of families) {
    for (const row of family.rows) {
      const pattern = parsePattern(row.code);
      const operands = parseOperands(row.operands);
      const needs = row.ignoresMod
        ? undefined
        : (pattern.form ?? operands.find(({ only }) => only !== undefined)?.only);
      const extendsImmediate = /^([A-Z]v|rAX)/.test(row.operands) || (row.operands === 'Ib' && row.wide === 'default');
      const indexed: IndexedRow = { row, family, pattern, operands, needs, extendsImmediate };
      const count = pattern.registerInOpcode ? 8 : 1;
      for (let i = 0; i < count; i++) {
        const map = maps[pattern.map] as (Candidates | undefined)[];
        map[pattern.opcode + i] ??= { rows: [], hasModrm: false };
        const candidates = map[pattern.opcode + i] as Candidates;
        candidates.rows.push(indexed);
        candidates.hasModrm ||= pattern.hasModrm;
      }
    }
  }
  for (const map of maps) for (const candidates of map) candidates?.rows.sort((x, y) => rank(x) - rank(y));
  return maps;
}

let built: OpcodeIndex | undefined;

export function opcodeIndex(): OpcodeIndex {
  built ??= buildOpcodeIndex(FAMILIES);
  return built;
}
