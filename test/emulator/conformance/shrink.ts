// Makes a failing conformance case small: whatever of its state can go back to the initial state without the failure
// going away, goes. The code bytes stay.

import type { ConformanceCase } from './case.js';
import { STATE_BYTES, STATE_FX, STATE_GPR, STATE_RFLAGS, STATE_WINDOW } from './record.js';
import { StateImage } from './state-image.js';

/** The pieces of a state that are reset together: [offset, bytes]. RIP stays. */
const PIECES: readonly (readonly [number, number])[] = [
  [STATE_WINDOW, STATE_BYTES - STATE_WINDOW],
  [STATE_FX + 32, 128],
  [STATE_FX + 160, 256],
  [STATE_RFLAGS, 8],
  ...Array.from({ length: 16 }, (_, i) => [STATE_GPR + i * 8, 8] as const),
  [STATE_FX, 2],
  [STATE_FX + 2, 2],
  [STATE_FX + 4, 1],
  [STATE_FX + 24, 4],
  ...Array.from({ length: 24 }, (_, i) => [STATE_FX + 32 + i * 16, 16] as const),
  ...Array.from({ length: 48 }, (_, i) => [STATE_FX + 32 + i * 8, 8] as const),
  ...Array.from({ length: (STATE_BYTES - STATE_WINDOW) / 16 }, (_, i) => [STATE_WINDOW + i * 16, 16] as const),
];

/** The smallest case found that still makes `fails` true, trying each piece once. */
export function shrink(test: ConformanceCase, fails: (candidate: ConformanceCase) => boolean): ConformanceCase {
  const initial = StateImage.initial();
  let best = test;
  for (const [offset, length] of PIECES) {
    const state = best.state.clone();
    state.bytes.set(initial.bytes.subarray(offset, offset + length), offset);
    if (state.bytes.every((byte, i) => byte === best.state.bytes[i])) continue;
    const candidate = { ...best, state };
    if (fails(candidate)) best = candidate;
  }
  return best;
}
