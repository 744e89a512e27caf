/** The mode of the processor as decoding and generated code see it, numbered for cache keys. */
import type { CpuMode, Width } from '../isa/instruction.js';
import { TLB_BYTES } from '../mmu/tlb-layout.js';
import { CR0, EFER } from './control-bits.js';
import { ATTRIBUTE, type CpuState } from './cpu-state.js';
import { SEGMENT_OFFSETS, segmentAddress, stateAddress } from './state-layout.js';

const CODE_SIZES: readonly Width[] = [2, 4, 8, 8];

function describe(key: number): CpuMode {
  const codeSize = CODE_SIZES[key & 3] as Width;
  return {
    key,
    codeSize,
    stackSize: codeSize === 8 ? 8 : (key & 4) !== 0 ? 4 : 2,
    user: (key & 8) !== 0,
    flat: (key & 16) !== 0,
  };
}

/** Every mode by its key. */
export const MODES: readonly CpuMode[] = Array.from({ length: 32 }, (_, key) => describe(key));

const CPL = stateAddress('cpl') >> 2;
const MODE_KEY = stateAddress('modeKey') >> 2;
const MODE_TAG = stateAddress('modeTag') >> 2;
const TLB_OFFSET = stateAddress('tlbOffset') >> 2;

/** Base 0, no limit, readable and writable: accesses need no check. */
function isFlat(state: CpuState, segment: number): boolean {
  const { i32 } = state;
  const at = segmentAddress(segment) >> 2;
  return (
    i32[at] === 0 &&
    i32[at + 1] === 0 &&
    isFull(i32, at + SEGMENT_OFFSETS.readEnd / 4) &&
    (segment === 1 || isFull(i32, at + SEGMENT_OFFSETS.writeEnd / 4))
  );
}

/** Is the 64-bit bound at word `at` 2^32? */
function isFull(i32: Int32Array, at: number): boolean {
  return i32[at] === 0 && i32[at + 1] === 1;
}

export function is64Bit(state: CpuState): boolean {
  return (state.efer & EFER.LMA) !== 0 && (state.attributes(1) & ATTRIBUTE.long) !== 0;
}

/** Recomputes the fields that generated code derives from CR0, EFER, CPL and segments. */
export function updateMode(state: CpuState): void {
  let key: number;
  if (is64Bit(state)) key = 2 | 4 | 16;
  else {
    key = (state.attributes(1) & ATTRIBUTE.big) !== 0 ? 1 : 0;
    if ((state.attributes(2) & ATTRIBUTE.big) !== 0) key |= 4;
    if (isFlat(state, 0) && isFlat(state, 1) && isFlat(state, 2) && isFlat(state, 3)) key |= 16;
  }
  const { i32 } = state;
  const user = i32[CPL] === 3;
  if (user) key |= 8;
  i32[MODE_KEY] = key;
  // key << 48, in halves.
  i32[MODE_TAG + 1] = key << 16;
  i32[TLB_OFFSET] = user ? TLB_BYTES : 0;
}

export function isProtected(state: CpuState): boolean {
  return (state.cr0 & CR0.PE) !== 0;
}

/** Virtual-8086 mode. */
export function isVirtual8086(state: CpuState): boolean {
  return (state.systemFlags & 0x2_0000) !== 0;
}

/** Protected mode proper: descriptors rule. */
export function usesDescriptors(state: CpuState): boolean {
  return isProtected(state) && !isVirtual8086(state);
}
