// The comparison at the heart of PCMPxSTRx, element by element as SDM volume 2, 4.1 writes it. The operands lie in
// memory; the instruction's rows make lengths, flags and results of it.

import { c32, type I32, i32, select } from './expression.js';
import type { FunctionBody, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';

export interface StringLayout {
  /** Addresses of the first and the second operand. */
  readonly first: number;
  readonly second: number;
}

const WORDS = 1;
const SIGNED = 2;

const elementCount = (immediate: I32): I32 => select(i32.and(immediate, WORDS), c32(8), c32(16));

/** Element `index` of the operand at `base`, extended as the immediate says. */
function element(base: number, index: I32, immediate: Local<'i32'>): I32 {
  const byte = i32.load8U(index, base);
  const word = i32.load16U(i32.shl(index, 1), base);
  const shift = select(i32.and(immediate, WORDS), c32(16), c32(24));
  const value = i32.shl(select(i32.and(immediate, WORDS), word, byte), shift);
  return select(i32.and(immediate, SIGNED), i32.shrS(value, shift), i32.shrU(value, shift));
}

/** for (counter = 0; counter < limit; counter += step) */
function emitFor(k: FunctionBody, limit: I32, step: 1 | 2, body: (counter: Local<'i32'>) => void): void {
  const counter = k.i32(c32(0));
  k.block((done) => {
    k.loop((again) => {
      k.break(done, i32.geS(counter, limit));
      body(counter);
      k.set(counter, i32.add(counter, step));
      k.break(again);
    });
  });
}

/**
 * Defines sseStringCompare(immediate, first length, second length) -> IntRes2, and
 * sseStringLength(which operand, immediate) -> elements before the first zero.
 */
export function defineStringCompare(module: FunctionModule, { first, second }: StringLayout): void {
  module.define('sseStringLength', ['i32', 'i32'], ['i32'], (k, which, immediate) => {
    const count = k.i32(elementCount(immediate));
    emitFor(k, count, 1, (i) => {
      const value = select(which, element(second, i, immediate), element(first, i, immediate));
      k.if(i32.eqz(value), () => k.return(i));
    });
    k.return(count);
  });
  module.define('sseStringCompare', ['i32', 'i32', 'i32'], ['i32'], (k, immediate, firstLength, secondLength) => {
    const count = k.i32(elementCount(immediate));
    const mode = k.i32(i32.and(i32.shrU(immediate, 2), 3));
    const result = k.i32(c32(0));
    emitFor(k, count, 1, (j) => {
      const bit = k.i32(c32(0));
      const b = k.i32(element(second, j, immediate));
      const inSecond = i32.ltS(j, secondLength);
      k.if(i32.eqz(mode), () => {
        emitFor(k, firstLength, 1, (i) => {
          k.set(bit, i32.or(bit, i32.and(inSecond, i32.eq(element(first, i, immediate), b))));
        });
      });
      k.if(i32.eq(mode, 1), () => {
        // Pairs of bounds; an odd one at the end bounds nothing.
        emitFor(k, i32.sub(firstLength, 1), 2, (i) => {
          const low = element(first, i, immediate);
          const high = element(first, i32.add(i, 1), immediate);
          const within = select(
            i32.and(immediate, SIGNED),
            i32.and(i32.leS(low, b), i32.leS(b, high)),
            i32.and(i32.geU(b, low), i32.geU(high, b)),
          );
          k.set(bit, i32.or(bit, i32.and(inSecond, within)));
        });
      });
      k.if(i32.eq(mode, 2), () => {
        const inFirst = k.i32(i32.ltS(j, firstLength));
        const equal = i32.eq(element(first, j, immediate), b);
        const bothValid = i32.and(inFirst, inSecond);
        k.set(bit, select(bothValid, equal, i32.eq(inFirst, inSecond)));
      });
      k.if(i32.eq(mode, 3), () => {
        k.set(bit, c32(1));
        // A needle that runs past the register is not a mismatch; past the end of the text it is.
        emitFor(k, firstLength, 1, (i) => {
          const at = k.i32(i32.add(i, j));
          k.if(i32.ltS(at, count), () => {
            const equal = i32.eq(element(first, i, immediate), element(second, at, immediate));
            k.set(bit, i32.and(bit, i32.and(i32.ltS(at, secondLength), equal)));
          });
        });
      });
      // Polarity: 1 inverts all, 3 inverts what lies inside the second operand.
      const inverts = i32.or(
        i32.eq(i32.and(immediate, 0x30), 0x10),
        i32.and(i32.eq(i32.and(immediate, 0x30), 0x30), inSecond),
      );
      k.set(result, i32.or(result, i32.shl(i32.xor(bit, inverts), j)));
    });
    k.return(result);
  });
}
