/**
 * Repeated MOVS and STOS in one go, as far as source and destination lie in plain pages that the TLB already serves.
 * Both return how many elements were done; 0 leaves the next element to the ordinary path (which fills the TLB).
 */
import type { CpuState } from '../cpu/cpu-state.js';
import { stateAddress } from '../cpu/state-layout.js';
import type { Tlb } from './tlb.js';
import { TLB_OFFSETS } from './tlb-layout.js';

const DESTINATION = stateAddress('argument0') >> 2;
const SOURCE = stateAddress('argument1') >> 2;
const CPL = stateAddress('cpl') >> 2;

/** WebAssembly address of the byte at argument `at` if the tag at `tag` serves it, else 0. */
function hostAddress(state: CpuState, tlb: Tlb, at: number, tag: number): number {
  const low = state.i32[at] as number;
  const entry = tlb.entry(low, state.i32[CPL] === 3);
  const page = low & ~0xfff;
  if (state.i32[entry + tag / 4] !== page || state.i32[entry + tag / 4 + 1] !== state.i32[at + 1]) return 0;
  return (low + (state.i32[entry + TLB_OFFSETS.addend / 4] as number)) >>> 0;
}

const untilPageEnd = (address: number, size: number): number => Math.floor((4096 - (address & 0xfff)) / size);

export function bulkMove(state: CpuState, tlb: Tlb, size: number, count: number): number {
  const to = hostAddress(state, tlb, DESTINATION, TLB_OFFSETS.writeTag);
  const from = hostAddress(state, tlb, SOURCE, TLB_OFFSETS.readTag);
  if (to === 0 || from === 0) return 0;
  const elements = Math.min(count, untilPageEnd(to, size), untilPageEnd(from, size));
  const bytes = elements * size;
  // An upward overlapping move repeats its own output; memory.copy would not.
  if (to > from && to < from + bytes) return 0;
  state.bytes.copyWithin(to, from, from + bytes);
  return elements;
}

export function bulkFill(state: CpuState, tlb: Tlb, size: number, count: number): number {
  const to = hostAddress(state, tlb, DESTINATION, TLB_OFFSETS.writeTag);
  if (to === 0) return 0;
  const elements = Math.min(count, untilPageEnd(to, size));
  if (elements === 0) return 0;
  const low = state.i32[SOURCE] as number;
  const first = low & 0xff;
  const uniform =
    size === 1 ||
    (size === 2 && (low & 0xffff) === first * 0x101) ||
    (low === Math.imul(first, 0x01010101) && (size === 4 || state.i32[SOURCE + 1] === low));
  if (uniform) state.bytes.fill(first, to, to + elements * size);
  else {
    state.bytes.copyWithin(to, SOURCE * 4, SOURCE * 4 + size);
    for (let done = 1; done < elements; done *= 2) {
      const more = Math.min(done, elements - done) * size;
      state.bytes.copyWithin(to + done * size, to, to + more);
    }
  }
  return elements;
}
