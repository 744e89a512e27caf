/**
 * When x87, MMX and SSE instructions must trap instead of run: CR0.EM, CR0.TS and CR4.OSFXSR, folded into one field
 * for each unit that generated code tests (SDM volume 3, 2.5, 12.1 and 13.1).
 */
import { CR0, CR4 } from './control-bits.js';
import type { CpuState } from './cpu-state.js';
import { VECTOR } from './exceptions.js';

/** FSW's exception summary: an unmasked exception waits for the next instruction. */
const SUMMARY = 0x80;

/** Recomputes `x87Trap`, `mmxTrap` and `sseTrap`: 0, or the vector to raise. */
export function updateFpuTraps(state: CpuState): void {
  const cr0 = state.cr0;
  const unavailable = VECTOR.deviceNotAvailable;
  const pending = (state.get('fsw') & SUMMARY) !== 0 ? VECTOR.floatingPoint : 0;
  const [isEmulated, isSwitched] = [(cr0 & CR0.EM) !== 0, (cr0 & CR0.TS) !== 0];
  const noSse = isEmulated || (state.cr4 & CR4.OSFXSR) === 0;
  state.set('x87Trap', isEmulated || isSwitched ? unavailable : pending);
  // What else traps MMX traps the x87, too, and changes with FSW (SDM volume 3, table 12-1).
  state.set('mmxTrap', isEmulated ? VECTOR.invalidOpcode : 0);
  state.set('sseTrap', noSse ? VECTOR.invalidOpcode : isSwitched ? unavailable : 0);
}
