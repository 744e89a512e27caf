/** Loading CS: commit of a checked code segment together with CPL and RIP. */
import type { LinearMemory } from '../mmu/linear-memory.js';
import { EFER } from './control-bits.js';
import { ATTRIBUTE, type CpuState } from './cpu-state.js';
import { protectionFault } from './exceptions.js';
import {
  CS,
  type Descriptor,
  descriptorAttributes,
  descriptorBase,
  descriptorLimit,
  markAccessed,
  selectorError,
} from './segments.js';

/** In long mode L and D together are reserved. */
export function checkLongBits(state: CpuState, d: Descriptor, selector: number): void {
  const attributes = descriptorAttributes(d);
  const both = ATTRIBUTE.long | ATTRIBUTE.big;
  if ((state.efer & EFER.LMA) !== 0 && (attributes & both) === both) protectionFault(selectorError(selector));
}

export function isLongCode(state: CpuState, d: Descriptor): boolean {
  return (state.efer & EFER.LMA) !== 0 && (descriptorAttributes(d) & ATTRIBUTE.long) !== 0;
}

/** Target inside the limit (#GP(0) otherwise), or canonical in 64-bit code. */
export function checkTarget(state: CpuState, d: Descriptor, offset: bigint): void {
  if (isLongCode(state, d)) {
    const top = BigInt.asIntN(64, offset) >> 47n;
    if (top !== 0n && top !== -1n) protectionFault(0);
  } else if (offset > BigInt(descriptorLimit(d))) protectionFault(0);
}

/** Commits CS, CPL and RIP. */
export function commitCode(
  state: CpuState,
  memory: LinearMemory,
  selector: number,
  d: Descriptor,
  cpl: number,
  rip: bigint,
): void {
  markAccessed(memory, d);
  const attributes = descriptorAttributes(d) | 1;
  state.setSegment(CS, (selector & ~3) | cpl, descriptorBase(d), descriptorLimit(d), attributes);
  state.cpl = cpl;
  state.rip = rip;
}

/** CS in real and virtual-8086 mode. */
export function commitRealCode(state: CpuState, selector: number, rip: bigint, attributes = 0x9b): void {
  state.setSegment(CS, selector, BigInt(selector << 4), 0xffff, attributes);
  state.rip = rip;
}
