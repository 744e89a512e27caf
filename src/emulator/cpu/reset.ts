/** State after RESET (SDM volume 3, table 10-1). */
import { CR0 } from './control-bits.js';
import type { CpuState } from './cpu-state.js';
import { updateFpuTraps } from './fpu-traps.js';
import type { CpuModel } from './models.js';
import { STATE_FIELDS } from './state-layout.js';

const REAL_DATA = 0x93;
const REAL_CODE = 0x9b;

const initial: Readonly<Record<string, bigint>> = {
  rip: 0xfff0n,
  eflags: 2n,
  flagsResult: 1n,
  cr0: BigInt(CR0.ET | CR0.NW | CR0.CD),
  gdtLimit: 0xffffn,
  idtLimit: 0xffffn,
  dr6: 0xffff_0ff0n,
  dr7: 0x400n,
  pat: 0x0007_0406_0007_0406n,
  miscEnable: 1n,
  xcr0: 1n,
  fcw: 0x40n,
  fempty: 0n,
  mxcsr: 0x1f80n,
};

export function resetState(state: CpuState, model: CpuModel): void {
  for (const [name, field] of Object.entries(STATE_FIELDS)) {
    if (!field.derived) state.setField(name, initial[name] ?? 0n);
  }
  for (const segment of [0, 2, 3, 4, 5]) state.setSegment(segment, 0, 0n, 0xffff, REAL_DATA);
  state.setSegment(1, 0xf000, 0xffff_0000n, 0xffff, REAL_CODE);
  state.setSegment(6, 0, 0n, 0xffff, 0x82);
  state.setSegment(7, 0, 0n, 0xffff, 0x8b);
  const signature = (model.family << 8) | ((model.modelNumber & 15) << 4) | model.stepping;
  state.setGpr(2, BigInt(signature));
  updateFpuTraps(state);
}
