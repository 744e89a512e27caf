// Conformance cases for every comparable row of the instruction tables.

import { MODES } from '../../../src/emulator/cpu/mode.js';
import type { CpuModel } from '../../../src/emulator/cpu/models.js';
import { Decoder } from '../../../src/emulator/decode/decoder.js';
import { alu } from '../../../src/emulator/isa/alu.js';
import { bits } from '../../../src/emulator/isa/bits.js';
import { control } from '../../../src/emulator/isa/control.js';
import { flagOps } from '../../../src/emulator/isa/flag-ops.js';
import type { Instruction } from '../../../src/emulator/isa/instruction.js';
import { moves } from '../../../src/emulator/isa/move.js';
import { multiply } from '../../../src/emulator/isa/multiply.js';
import { packedInteger } from '../../../src/emulator/isa/packed-integer.js';
import type { Family, Row } from '../../../src/emulator/isa/row.js';
import { shifts } from '../../../src/emulator/isa/shift.js';
import { sseConvert } from '../../../src/emulator/isa/sse-convert.js';
import { sseMove } from '../../../src/emulator/isa/sse-move.js';
import { ssse3 } from '../../../src/emulator/isa/ssse3.js';
import { stack } from '../../../src/emulator/isa/stack.js';
import { stateArea } from '../../../src/emulator/isa/state-area.js';
import { strings } from '../../../src/emulator/isa/string.js';
import { FAMILIES } from '../../../src/emulator/isa/tables.js';
import { x87Arithmetic } from '../../../src/emulator/isa/x87.js';
import { x87Control } from '../../../src/emulator/isa/x87-control.js';
import type { ConformanceCase } from './case.js';
import { BASE_REGISTER, encodeRow } from './encode-row.js';
import type { Random } from './random.js';
import { randomState } from './random-state.js';
import { WINDOW_BASE } from './record.js';
import type { StateImage } from './state-image.js';
import {
  ignoredWindow,
  isApproximate,
  isComparable,
  isDisputed,
  isDisputedState,
  STATE_AREA_AT,
  undefinedFlags,
  undefinedStatus,
  undefinedStatusAfterFault,
} from './undefined-results.js';

/** Mode keys of flat user code; see cpu/mode.ts. */
const USER_64 = 30;
const USER_32 = 29;
const DRAWS = 40;
/** Families whose instructions touch the x87 registers (as MMX registers, too). */
const X87_FAMILIES: ReadonlySet<Family> = new Set([
  x87Arithmetic,
  x87Control,
  stateArea,
  packedInteger,
  ssse3,
  sseConvert,
  sseMove,
]);
/** Families whose instructions touch general registers and memory only. */
const INTEGER_FAMILIES: ReadonlySet<Family> = new Set([
  ...[alu, moves, shifts, multiply, bits, stack, control, strings, flagOps],
]);

/**
 * FYL2XP1 is defined for |ST(0)| < 1 - sqrt(1/2) only; whether MASKMOV faults on bytes that it does not write is not
 * defined; a page fault of an x87 store that an unmasked exception forbids anyway is not modelled; makers
 * disagree on the flags after a fault in the middle of a repeated comparison.
 */
function constrain(row: Row, state: StateImage, random: Random): void {
  const area = STATE_AREA_AT[row.name];
  if (area !== undefined) constrainArea(state, area, random);
  if (/^f(ist|st|bst)/.test(row.name)) state.setGpr(BASE_REGISTER, BigInt(WINDOW_BASE + 512));
  if (/^(scas|cmps)/.test(row.name)) {
    for (const register of [6, 7]) state.setGpr(register, BigInt(WINDOW_BASE + 256));
  }
  // A loop onto itself must end within what the emulator is given to run.
  if (row.name.startsWith('loop')) state.setGpr(1, (state.gpr(1) & 0xffn) | 1n);
  if (row.name.startsWith('maskmov')) state.setGpr(7, BigInt(WINDOW_BASE));
  if (row.name !== 'fyl2xp1') return;
  const { signExponent, significand } = state.st(0);
  const exponent = signExponent & 0x7fff;
  if (exponent > 0x3ffc && exponent !== 0x7fff)
    state.setSt(0, (signExponent & 0x8000) | (exponent % 0x3ffd), significand);
}

/**
 * The area of FXRSTOR and XRSTOR mostly as they accept it, and of the components in EDX:EAX those that both processors
 * have.
 */
function constrainArea(state: StateImage, at: number, random: Random): void {
  const address = BigInt(WINDOW_BASE + at);
  // The extended base register encodes R11.
  for (const register of [BASE_REGISTER, BASE_REGISTER + 8]) state.setGpr(register, address);
  state.setGpr(0, BigInt(random.below(4)));
  state.setGpr(2, 0n);
  const { window } = state;
  const view = new DataView(window.buffer, window.byteOffset + at);
  const [mxcsr, header] = [24, 512];
  if (!random.oneIn(8)) view.setUint32(mxcsr, random.below(0x10000), true);
  if (view.byteLength < header + 64) return;
  view.setBigUint64(header, BigInt(random.below(4)), true);
  for (const reserved of [8, 16]) view.setBigUint64(header + reserved, random.oneIn(16) ? 1n : 0n, true);
}

/** A jump onto itself: right on every processor, and each case of it takes the host as long as its clock allows. */
function isEndless({ row, length, operands: [target] }: Instruction): boolean {
  return row.name.startsWith('j') && target?.kind === 'relative' && target.value === -length;
}

export interface CaseCount {
  /** Different encodings of a row in one mode. */
  readonly encodings: number;
  /** States that each encoding runs from. */
  readonly states: number;
}

/** Cases of a row in one mode; fewer (or none) when the row has no encoding there. */
export function casesOfRow(
  family: Family,
  row: Row,
  mode: 64 | 32,
  count: CaseCount,
  model: CpuModel,
  random: Random,
): ConformanceCase[] {
  const cpuMode = MODES[mode === 64 ? USER_64 : USER_32]!;
  const decoder = new Decoder(model.features);
  const cases: ConformanceCase[] = [];
  const needs = {
    string: row.repeatable === true,
    x87: X87_FAMILIES.has(family),
    vector: !INTEGER_FAMILIES.has(family),
  };
  let found = 0;
  for (let draw = 0; draw < count.encodings + DRAWS && found < count.encodings; draw++) {
    const encoded = encodeRow(row, mode, cpuMode, decoder, random);
    if (encoded === undefined || isDisputed(encoded.instruction, encoded.code)) continue;
    if (isEndless(encoded.instruction)) continue;
    found++;
    const shared = sharedOf(row, mode, encoded);
    for (let i = 0; i < count.states; i++) {
      const state = randomState(mode, needs, random);
      constrain(row, state, random);
      if (!isDisputedState(encoded.instruction, state)) cases.push({ ...shared, state });
    }
  }
  return cases;
}

/** What all cases of one encoding have in common. */
function sharedOf(
  row: Row,
  mode: 64 | 32,
  { code, instruction }: { code: Uint8Array; instruction: Instruction },
): Omit<ConformanceCase, 'state'> {
  const ignored = ignoredWindow(row);
  return {
    name: `${row.name} ${row.operands} (${row.code})`,
    mode,
    code,
    undefinedFlags: undefinedFlags(row),
    undefinedStatus: undefinedStatus(row),
    undefinedStatusAfterFault: undefinedStatusAfterFault(row),
    ...(ignored && { ignoredWindow: ignored }),
    approximate: isApproximate(row),
    wideAccess: instruction.operands.some(({ kind, size }) => kind === 'memory' && size > 8),
  };
}

/** Rows over the whole state, which a user program cannot compare. */
const SYSTEM: ReadonlySet<string> = new Set(['system', 'far-control', 'port-io']);

/** The comparable rows of all families, or of the one named. */
export function comparableRows(familyName?: string): { family: Family; row: Row }[] {
  return FAMILIES.filter(({ name }) => !SYSTEM.has(name) && (familyName === undefined || name === familyName)).flatMap(
    (family) => family.rows.filter(isComparable).map((row) => ({ family, row })),
  );
}
