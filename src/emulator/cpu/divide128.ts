/** DIV and IDIV of a 128-bit dividend that a 64-bit division cannot serve. */
import type { CpuState } from './cpu-state.js';

/**
 * Divides argument1:argument0 by argument2 into result0 (quotient) and result1 (remainder). Returns 0 when the quotient
 * does not fit, with nothing written.
 */
export function divide128(state: CpuState, signed: boolean): number {
  const as = signed ? BigInt.asIntN : BigInt.asUintN;
  const dividend = as(128, state.argument(0) | (state.argument(1) << 64n));
  const divisor = as(64, state.argument(2));
  const quotient = dividend / divisor;
  if (as(64, quotient) !== quotient) return 0;
  state.setWide('result0', BigInt.asUintN(64, quotient));
  state.setWide('result1', BigInt.asUintN(64, dividend % divisor));
  return 1;
}
