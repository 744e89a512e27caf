// Arithmetic on 64-bit significands with exact or sticky low parts, as WebAssembly emitted in place. A value is
// hi.lo: `hi` has its bit 63 set once normalised, `lo` holds what lies below it (its lowest bit may be sticky).

import { c64, f64, type I32, type I64, i32, i64, select, truncateF64ToU64 } from './expression.js';
import type { FunctionBody, Local } from './function-body.js';

export const INTEGER_BIT = 1n << 63n;
const LOW32 = 0xffff_ffffn;

/** A 128-bit value in two locals. */
export interface Wide {
  readonly hi: Local<'i64'>;
  readonly lo: Local<'i64'>;
}

/** 1 when `value` is not 0, as the sticky bit of something else. */
export const stickyOf = (value: I64): I64 => i64.extendU(i64.ne(value, 0n));

/** value >> count for any count, with lost bits gathered in the lowest bit of the result's low half. */
export function emitShiftRightSticky(k: FunctionBody, value: I64, count: I32): Wide {
  const v = k.i64(value);
  const n = k.i32(count);
  const wide = { hi: k.i64(), lo: k.i64() };
  k.if(
    i32.ltU(n, 64),
    () => {
      k.set(wide.hi, i64.shrU(v, i64.extendU(n)));
      k.set(wide.lo, select(n, i64.shl(v, i64.sub(64n, i64.extendU(n))), c64(0n)));
    },
    () => {
      k.set(wide.hi, c64(0n));
      k.if(
        i32.ltU(n, 128),
        () => {
          const shift = i64.extendU(i32.sub(n, 64));
          const kept = k.i64(i64.shrU(v, shift));
          k.set(wide.lo, i64.or(kept, stickyOf(i64.xor(i64.shl(kept, shift), v))));
        },
        () => k.set(wide.lo, stickyOf(v)),
      );
    },
  );
  return wide;
}

/** Shifts a wide value that is not zero left until bit 63 of `hi` is set, and lowers `exponent` with it. */
export function emitNormalizeWide(k: FunctionBody, { hi, lo }: Wide, exponent: Local<'i32'>): void {
  k.if(i64.eqz(hi), () => {
    k.set(hi, lo);
    k.set(lo, c64(0n));
    k.set(exponent, i32.sub(exponent, 64));
  });
  const n = k.i64(i64.clz(hi));
  k.if(i32.eqz(i64.eqz(n)), () => {
    k.set(hi, i64.or(i64.shl(hi, n), i64.shrU(lo, i64.sub(64n, n))));
    k.set(lo, i64.shl(lo, n));
    k.set(exponent, i32.sub(exponent, i32.wrap(n)));
  });
}

/** The 128-bit product of two 64-bit values. */
export function emitMultiplyWide(k: FunctionBody, a: I64, b: I64): Wide {
  const [x, y] = [k.i64(a), k.i64(b)];
  const [xl, xh] = [k.i64(i64.and(x, LOW32)), k.i64(i64.shrU(x, 32n))];
  const [yl, yh] = [k.i64(i64.and(y, LOW32)), k.i64(i64.shrU(y, 32n))];
  const low = k.i64(i64.mul(xl, yl));
  const cross = k.i64(i64.add(i64.mul(xh, yl), i64.shrU(low, 32n)));
  const middle = k.i64(i64.add(i64.mul(xl, yh), i64.and(cross, LOW32)));
  const hi = k.i64(i64.add(i64.add(i64.mul(xh, yh), i64.shrU(cross, 32n)), i64.shrU(middle, 32n)));
  const lo = k.i64(i64.or(i64.shl(middle, 32n), i64.and(low, LOW32)));
  return { hi, lo };
}

/** One 32-bit digit of a long division: `rest`:`next` by a divisor whose bit 63 is set; `rest` < divisor. */
function emitDigit(k: FunctionBody, rest: I64, next: I64, divisor: Local<'i64'>, quotient: Local<'i64'>): I64 {
  const u = k.i64(rest);
  const [dh, dl] = [k.i64(i64.shrU(divisor, 32n)), k.i64(i64.and(divisor, LOW32))];
  const digit = k.i64(i64.divU(u, dh));
  const r = k.i64(i64.sub(u, i64.mul(digit, dh)));
  k.block((done) => {
    k.loop((again) => {
      const tooBig = i32.or(i64.gtU(digit, LOW32), i64.gtU(i64.mul(digit, dl), i64.or(i64.shl(r, 32n), next)));
      k.break(done, i32.eqz(tooBig));
      k.set(digit, i64.sub(digit, 1n));
      k.set(r, i64.add(r, dh));
      k.break(again, i64.leU(r, LOW32));
    });
  });
  k.set(quotient, i64.or(i64.shl(quotient, 32n), digit));
  return k.i64(i64.sub(i64.or(i64.shl(u, 32n), next), i64.mul(digit, divisor)));
}

/** hi:lo divided by a divisor whose bit 63 is set and that is above hi. */
export function emitDivideWide(k: FunctionBody, hi: I64, lo: I64, by: I64): { quotient: I64; remainder: I64 } {
  const divisor = k.i64(by);
  const low = k.i64(lo);
  const quotient = k.i64(c64(0n));
  const rest = emitDigit(k, hi, i64.shrU(low, 32n), divisor, quotient);
  const remainder = emitDigit(k, rest, i64.and(low, LOW32), divisor, quotient);
  return { quotient, remainder };
}

/** The integer square root of hi:lo (hi >= 2^62), and its low part: 0 exact, else on the right side of one half. */
export function emitSquareRootWide(k: FunctionBody, n: Wide): Wide {
  // 52 good bits come from the processor's own square root; one Newton step and exact correction give the rest.
  const estimate = f64.sqrt(f64.convertI64U(n.hi));
  const top = k.i64(truncateF64ToU64(estimate));
  k.set(top, select(i64.gtU(top, LOW32), c64(LOW32), top));
  const rest = k.i64(i64.sub(n.hi, i64.mul(top, top)));
  k.if(i64.ltS(rest, 0n), () => {
    k.set(top, i64.sub(top, 1n));
    k.set(rest, i64.sub(n.hi, i64.mul(top, top)));
  });
  k.if(i64.gtU(rest, i64.shl(top, 1n)), () => {
    k.set(top, i64.add(top, 1n));
    k.set(rest, i64.sub(n.hi, i64.mul(top, top)));
  });
  // root = top * 2^32 + q, q = (rest * 2^32 + next) / (2 * top); rest <= 2 * top, so the halved dividend fits.
  const q = k.i64(i64.divU(i64.or(i64.shl(rest, 31n), i64.shrU(n.lo, 33n)), top));
  k.set(q, select(i64.gtU(q, LOW32), c64(LOW32), q));
  const root = k.i64(i64.add(i64.shl(top, 32n), q));
  const left = { hi: k.i64(), lo: k.i64() };
  k.loop((again) => {
    const square = emitMultiplyWide(k, root, root);
    const borrow = i64.extendU(i64.gtU(square.lo, n.lo));
    k.set(left.hi, i64.sub(i64.sub(n.hi, square.hi), borrow));
    k.set(left.lo, i64.sub(n.lo, square.lo));
    k.if(i64.ltS(left.hi, 0n), () => {
      k.set(root, i64.sub(root, 1n));
      k.break(again);
    });
  });
  const aboveHalf = i32.or(i64.ne(left.hi, 0n), i64.gtU(left.lo, root));
  const inexact = i64.extendU(i64.ne(i64.or(left.hi, left.lo), 0n));
  const lo = k.i64(i64.or(select(aboveHalf, c64(INTEGER_BIT), c64(0n)), inexact));
  return { hi: root, lo };
}
