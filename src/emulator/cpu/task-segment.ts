/** What transitions read from the task-state segment: inner stacks and IST entries (SDM volume 3, 8.2.1 and 8.7). */
import type { LinearMemory } from '../mmu/linear-memory.js';
import type { CpuState } from './cpu-state.js';
import { GuestException, VECTOR } from './exceptions.js';
import { selectorError, TR } from './segments.js';

function inTask(state: CpuState, offset: number, bytes: number): bigint {
  if (offset + bytes - 1 > state.segmentLimit(TR)) {
    throw new GuestException(VECTOR.invalidTss, selectorError(state.selector(TR)));
  }
  return state.segmentBase(TR) + BigInt(offset);
}

/** RSP for privilege level `cpl` in a 64-bit TSS. */
export function longStack(state: CpuState, memory: LinearMemory, cpl: number): bigint {
  return memory.read(inTask(state, 4 + cpl * 8, 8), 8);
}

/** Interrupt stack `ist` (1-7) in a 64-bit TSS. */
export function interruptStack(state: CpuState, memory: LinearMemory, ist: number): bigint {
  return memory.read(inTask(state, 0x24 + (ist - 1) * 8, 8), 8);
}

/** SS:ESP for privilege level `cpl` in a 16- or 32-bit TSS. */
export function legacyStack(state: CpuState, memory: LinearMemory, cpl: number): { ss: number; pointer: bigint } {
  const is32 = (state.attributes(TR) & 8) !== 0;
  const size = is32 ? 4 : 2;
  const offset = is32 ? 4 + cpl * 8 : 2 + cpl * 4;
  const address = inTask(state, offset, size * 2);
  return { pointer: memory.read(address, size), ss: Number(memory.read(address + BigInt(size), 2)) };
}
