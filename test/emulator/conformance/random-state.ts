// Random processor states for conformance cases: register values at the edges, x87 stacks in any order, MXCSR usual or
// not, and pointers where memory operands, string instructions and the stack need them.

import { BASE_REGISTER } from './encode-row.js';
import { DOUBLE, randomExtended, randomFloat, randomInteger, SINGLE } from './operands.js';
import type { Random } from './random.js';
import { WINDOW_BASE, WINDOW_BYTES } from './record.js';
import { StateImage } from './state-image.js';

const MIDDLE = WINDOW_BASE + WINDOW_BYTES / 2;
const [RCX, RSP, RSI, RDI] = [1, 4, 6, 7];
/** Status flags and DF. */
const FREE_FLAGS = 0xcd5;

export interface StateNeeds {
  /** The implicit operands of string instructions. */
  readonly string: boolean;
  readonly x87: boolean;
  readonly vector: boolean;
}

function randomRegisters(state: StateImage, mode: 64 | 32, needs: StateNeeds, random: Random): void {
  const bits = mode === 64 ? 64 : 32;
  const count = mode === 64 ? 16 : 8;
  for (let i = 0; i < count; i++) {
    const narrow = random.oneIn(3) ? random.pick([8, 16, 32]) : bits;
    state.setGpr(i, randomInteger(random, Math.min(narrow, bits)));
  }
  state.setGpr(BASE_REGISTER, BigInt(random.oneIn(40) ? WINDOW_BASE + WINDOW_BYTES - random.below(64) : MIDDLE));
  // In 64-bit code the extended base register encodes R11.
  if (mode === 64) state.setGpr(BASE_REGISTER + 8, BigInt(MIDDLE));
  state.setGpr(RSP, BigInt(MIDDLE + random.below(16) * 8));
  if (!needs.string) return;
  state.setGpr(RSI, BigInt(MIDDLE + random.below(64)));
  state.setGpr(
    RDI,
    BigInt(random.oneIn(4) ? WINDOW_BASE + WINDOW_BYTES - random.below(40) : MIDDLE + random.below(64)),
  );
  state.setGpr(RCX, BigInt(random.below(9)));
}

function randomX87(state: StateImage, random: Random): void {
  const top = random.below(8);
  const unusual = !random.oneIn(3);
  const masks = random.oneIn(2) ? 0x3f : random.below(64);
  const precision = random.pick([0, 2, 3]);
  state.fcw = unusual ? 0x40 | masks | (precision << 8) | (random.below(4) << 10) : 0x37f;
  // Flags of unmasked exceptions would be pending; those that are masked may be sticky.
  const sticky = random.oneIn(2) ? 0 : random.below(64) & state.fcw & 0x3f;
  const conditions = random.below(0x10000) & 0x4700;
  state.fsw = (top << 11) | sticky | conditions;
  state.ftw = random.oneIn(8) ? random.below(256) : 0xff & ~(1 << ((top - 1) & 7));
  for (let i = 0; i < 8; i++) {
    const { signExponent, significand } = randomExtended(random);
    state.setSt(i, signExponent, significand);
  }
  if (!random.oneIn(4)) return;
  // Near neighbours, so that sums cancel.
  const { signExponent, significand } = state.st(0);
  state.setSt(
    1,
    (signExponent + random.below(5) - 2) & 0xffff,
    random.oneIn(2) ? significand : state.st(1).significand,
  );
}

function randomHalf(random: Random): bigint {
  const kind = random.below(4);
  if (kind === 0) return randomInteger(random, 64);
  if (kind === 1) return randomInteger(random, 32) | (randomInteger(random, 32) << 32n);
  if (kind === 2) return randomFloat(random, DOUBLE);
  return randomFloat(random, SINGLE) | (randomFloat(random, SINGLE) << 32n);
}

function randomVectors(state: StateImage, mode: 64 | 32, random: Random): void {
  const usual = random.oneIn(3);
  const masks = random.oneIn(2) ? 0x1f80 : random.below(64) << 7;
  const sticky = random.oneIn(2) ? 0 : random.below(64);
  const zeros = (random.oneIn(3) ? 0x8000 : 0) | (random.oneIn(3) ? 0x40 : 0);
  state.mxcsr = usual ? 0x1fa0 : masks | (random.below(4) << 13) | zeros | sticky;
  for (let i = 0; i < (mode === 64 ? 16 : 8); i++) {
    state.setXmm(i, 0, randomHalf(random));
    state.setXmm(i, 1, randomHalf(random));
  }
}

/** A state for one case. */
export function randomState(mode: 64 | 32, needs: StateNeeds, random: Random): StateImage {
  const state = StateImage.initial();
  state.rflags = 0x202 | (random.below(0x1000) & FREE_FLAGS);
  randomRegisters(state, mode, needs, random);
  if (needs.x87) randomX87(state, random);
  if (needs.vector) randomVectors(state, mode, random);
  const { window } = state;
  const view = new DataView(window.buffer, window.byteOffset, window.length);
  for (let at = 0; at < WINDOW_BYTES; at += 8) view.setBigUint64(at, randomHalf(random), true);
  return state;
}
