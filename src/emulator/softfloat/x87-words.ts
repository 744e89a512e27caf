// Routines about the x87 words as programs see them: the full tag word, and the summary of pending exceptions.

import { ALL_EXCEPTIONS, BUSY, ES } from './control.js';
import { c32, i32, i64, select } from './expression.js';
import { isNormal } from './extended.js';
import type { FunctionModule } from './function-module.js';
import type { X87State } from './x87-state.js';

const MATH_FAULT = 16;
/** Tag word values (SDM volume 1, 8.1.7). */
const ZERO_TAG = 1;
const SPECIAL_TAG = 2;
const EMPTY_TAG = 3;

/**
 * Defines x87Refresh(): ES, B and the pending trap follow from flags and masks; x87FullTags() -> tag word;
 * x87SetTags(tag word): only what is empty counts.
 */
export function defineX87Words(module: FunctionModule, x87: X87State): void {
  const { layout } = x87;
  module.define('x87Refresh', [], [], (k) => {
    const kept = i32.and(x87.status, ~(ES | BUSY));
    const status = k.i32(kept);
    const pending = i32.and(i32.and(status, ALL_EXCEPTIONS), i32.xor(x87.control, -1));
    const summary = k.i32(i32.ne(pending, 0));
    k.store32(c32(layout.status), i32.or(status, i32.mul(summary, ES | BUSY)));
    k.store32(c32(layout.trap), i32.mul(summary, MATH_FAULT));
    k.return();
  });
  module.define('x87FullTags', [], ['i32'], (k) => {
    const word = k.i32(c32(0));
    for (let i = 7; i >= 0; i--) {
      const a = x87.read(k, x87.addressOf(c32(i)));
      const zero = i32.and(i64.eqz(a.significand), i32.eqz(i32.and(a.signExponent, 0x7fff)));
      const full = select(zero, c32(ZERO_TAG), select(isNormal(a), c32(0), c32(SPECIAL_TAG)));
      const tag = select(x87.isEmpty(c32(i)), c32(EMPTY_TAG), full);
      k.set(word, i32.or(i32.shl(word, 2), tag));
    }
    k.return(word);
  });
  module.define('x87SetTags', ['i32'], [], (k, word) => {
    const pairs = k.i32(i32.and(word, i32.shrU(word, 1)));
    const empty = k.i32(c32(0));
    for (let i = 0; i < 8; i++) {
      k.set(empty, i32.or(empty, i32.and(i32.shrU(pairs, i), 1 << i)));
    }
    k.store32(c32(layout.empty), empty);
    k.return();
  });
}
