// What the manuals leave undefined after an instruction (SDM volume 2, each instruction's "Flags affected"), and which
// instructions cannot be compared with the host at all. Everything not listed is compared in full.

import { AF, CF, OF, PF, SF, ZF } from '../../../src/emulator/isa/eflags.js';
import type { Instruction } from '../../../src/emulator/isa/instruction.js';
import type { Row } from '../../../src/emulator/isa/row.js';
import { WINDOW_BASE } from './record.js';
import type { StateImage } from './state-image.js';

const BY_NAME: Readonly<Record<string, number>> = {
  and: AF,
  or: AF,
  xor: AF,
  test: AF,
  mul: SF | ZF | AF | PF,
  imul: SF | ZF | AF | PF,
  div: CF | OF | SF | ZF | AF | PF,
  idiv: CF | OF | SF | ZF | AF | PF,
  bsf: CF | OF | SF | AF | PF,
  bsr: CF | OF | SF | AF | PF,
  bt: OF | SF | AF | PF,
  bts: OF | SF | AF | PF,
  btr: OF | SF | AF | PF,
  btc: OF | SF | AF | PF,
  tzcnt: OF | SF | AF | PF,
  lzcnt: OF | SF | AF | PF,
  aaa: OF | SF | ZF | PF,
  aas: OF | SF | ZF | PF,
  aam: OF | AF | CF,
  aad: OF | AF | CF,
  daa: OF,
  das: OF,
  shld: AF | OF,
  shrd: AF | OF,
};

const SHIFTS = new Set(['shl', 'sal', 'shr', 'sar']);
const ROTATES = new Set(['rol', 'ror', 'rcl', 'rcr']);

/** RFLAGS bits that are undefined after this row. */
export function undefinedFlags(row: Row): number {
  const byOne = /^d[01] /.test(row.code);
  if (SHIFTS.has(row.name)) return byOne ? AF : AF | OF | CF;
  if (ROTATES.has(row.name)) return byOne ? 0 : OF;
  return BY_NAME[row.name] ?? 0;
}

/**
 * Rows whose outcome is no function of the case's state, that would reach the operating system, or that would change
 * what the host program itself stands on (segment registers).
 */
const EXCLUDED_NAMES = new Set([
  ...['syscall', 'sysenter', 'sysexit', 'sysret', 'int', 'into', 'iret', 'iretd', 'iretq', 'int1', 'icebp'],
  ...['cpuid', 'rdtsc', 'rdtscp', 'rdrand', 'rdseed', 'rdpmc', 'xgetbv', 'rdpid'],
  ...['rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase', 'swapgs'],
  // Selectors and descriptors are the operating system's.
  ...['sgdt', 'sidt', 'sldt', 'str', 'smsw', 'verr', 'verw', 'lar', 'lsl', 'arpl', 'lds', 'les', 'lss', 'lfs', 'lgs'],
  // Approximations differ between makers (tested on their own).
  ...['rcpps', 'rcpss', 'rsqrtps', 'rsqrtss'],
]);

const OPERAND_SIZE_PREFIX = 0x66;

/** Encodings that makers disagree on, or that are undefined: near branches with 66 in 64-bit mode, 16-bit SHLD/SHRD. */
export function isDisputed({ row, operandSize, mode }: Instruction, code: Uint8Array): boolean {
  if (row.name === 'shld' || row.name === 'shrd') return operandSize === 2;
  const branch = /^(j|call|ret|loop)/.test(row.name);
  return branch && mode.codeSize === 8 && code[0] === OPERAND_SIZE_PREFIX;
}

/**
 * States that makers disagree on: CALL to what is no canonical address stores the return address first on Intel's
 * processors (so a fault of the stack comes first), and not on AMD's (APM volume 3, CALL).
 */
export function isDisputedState({ row, operands: [target] }: Instruction, state: StateImage): boolean {
  if (row.code !== 'ff /2' || target?.size !== 8) return false;
  const { window } = state;
  let address = 0n;
  if (target.kind === 'register') address = state.gpr(target.index);
  else if (target.kind === 'memory') {
    const at = Number(state.gpr(target.base)) + Number(target.displacement) - WINDOW_BASE;
    if (at < 0 || at + 8 > window.length) return false;
    address = new DataView(window.buffer, window.byteOffset).getBigUint64(at, true);
  }
  return BigInt.asIntN(64, address) !== BigInt.asIntN(48, address);
}

export function isComparable(row: Row): boolean {
  if (EXCLUDED_NAMES.has(row.name)) return false;
  if (/\bS[wv]\b|^S|,S|A[pv]|\bAp\b|Mp/.test(row.operands)) return false;
  // Far transfers, moves to and pushes of segment registers.
  if (/^(c[ab]|9a|ea|cf|8c|8e|ff \/[35]|0f a[0189]|06|07|0e|16|17|1e|1f)( |$)/.test(row.code)) return false;
  return true;
}

const TRANSCENDENTAL = new Set(['f2xm1', 'fyl2x', 'fyl2xp1', 'fptan', 'fpatan', 'fsin', 'fcos', 'fsincos']);
const C1 = 0x200;
const MMX_STORES = new Set(['np 0f 7e /r', 'np 0f 7f /r', 'np 0f e7 /r']);
const TOP = 0x3800;

/** x87 status bits that are undefined after this row: which way a transcendental result was rounded is not promised. */
export function undefinedStatus(row: Row): number {
  return TRANSCENDENTAL.has(row.name) ? C1 : 0;
}

/** The same after a fault: when a store of an MMX register faults, TOP is 0 already on some processors. */
export function undefinedStatusAfterFault(row: Row): number {
  return MMX_STORES.has(row.code) ? TOP : 0;
}

/** Where the generator puts the areas of FXSAVE and XSAVE in the data window. */
export const STATE_AREA_AT: Readonly<Record<string, number>> = { fxsave: 512, fxrstor: 512, xsave: 256, xrstor: 256 };

/** Bytes of the data window that processors fill differently: MXCSR_MASK. */
export function ignoredWindow({ name }: Row): readonly (readonly [number, number])[] | undefined {
  const at = STATE_AREA_AT[name];
  return at === undefined ? undefined : [[at + 28, at + 32]];
}

/** Results of these may differ in the last place (SDM volume 1, 8.3.10). */
export function isApproximate(row: Row): boolean {
  return TRANSCENDENTAL.has(row.name);
}
