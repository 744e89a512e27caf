/** MUL, IMUL, DIV, IDIV (SDM volume 2) and the decimal adjusts AAM and AAD, which divide and multiply too. */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';

const DIVIDE_ERROR = 0;

/** Upper 64 bits of an unsigned 64 x 64 product, from four 32-bit products. */
function highProduct(b: InstructionBuilder, x: Value, y: Value): Value {
  const mask = b.i64(0xffffffff);
  const half = b.i64(32);
  const [xl, xh] = [b.let(b.and(x, mask)), b.let(b.shrU(x, half))];
  const [yl, yh] = [b.let(b.and(y, mask)), b.let(b.shrU(y, half))];
  const middle = b.let(b.add(b.mul(xh, yl), b.shrU(b.mul(xl, yl), half)));
  const cross = b.let(b.add(b.and(middle, mask), b.mul(xl, yh)));
  return b.add(b.add(b.mul(xh, yh), b.shrU(middle, half)), b.shrU(cross, half));
}

/** Upper half of a signed product: the unsigned one, corrected for negative factors. */
function highProductSigned(b: InstructionBuilder, x: Value, y: Value): Value {
  const fix = (sign: Value, other: Value): Value => b.and(b.shrS(sign, b.i64(63)), other);
  return b.sub(b.sub(highProduct(b, x, y), fix(x, y)), fix(y, x));
}

/** rDX:rAX (AX for bytes) := rAX x operand. CF = OF = the upper half is significant. */
function multiplyAccumulator(signed: boolean): Semantics {
  return (b) => {
    const size = b.size(0);
    const y = b.let(b.read(0));
    const x = b.let(b.gpr(0, size));
    if (size === 8) {
      const low = b.let(b.mul(x, y));
      const high = b.let(signed ? highProductSigned(b, x, y) : highProduct(b, x, y));
      const plain = signed ? b.shrS(low, b.i64(63)) : b.i64(0);
      b.setFlags('mul', 8, b.let(b.ne(high, plain)), b.i64(0), low);
      b.setGpr(0, 8, low);
      b.setGpr(2, 8, high);
      return;
    }
    const wide = (value: Value): Value => (signed ? b.widenSigned(b.signExtend(value, size)) : b.widen(value));
    const product = b.let(b.mul(wide(x), wide(y)));
    const low = b.let(b.resize(product, size));
    const fits = signed ? b.signExtend(product, size) : b.widen(low);
    b.setFlags('mul', size, b.let(b.ne(product, fits)), b.i32(0), low);
    if (size === 1) b.setGpr(0, 2, b.let(b.resize(product, 2)));
    else {
      b.setGpr(0, size, low);
      b.setGpr(2, size, b.let(b.resize(b.shrU(product, b.i64(size * 8)), size)));
    }
  };
}

/** IMUL with two or three operands: destination := source x (destination or immediate). */
function multiplyInto(left: number, right: number): Semantics {
  return (b) => {
    const size = b.size(0);
    const x = b.let(b.read(left));
    const y = b.let(b.read(right));
    if (size === 8) {
      const low = b.let(b.mul(x, y));
      const high = highProductSigned(b, x, y);
      b.setFlags('mul', 8, b.let(b.ne(high, b.shrS(low, b.i64(63)))), b.i64(0), low);
      b.write(0, low);
      return;
    }
    const wide = (value: Value): Value => b.widenSigned(b.signExtend(value, size));
    const product = b.let(b.mul(wide(x), wide(y)));
    const low = b.let(b.resize(product, size));
    b.setFlags('mul', size, b.let(b.ne(product, b.signExtend(product, size))), b.i32(0), low);
    b.write(0, low);
  };
}

/** Divides AX, DX:AX, EDX:EAX; both tiers raise #DE before anything is written. Flags are undefined: left alone. */
function divideNarrow(b: InstructionBuilder, signed: boolean, size: 1 | 2 | 4): void {
  const divisor = b.let(b.read(0));
  b.raiseIf(b.eqz(divisor), DIVIDE_ERROR);
  const bits = b.i64(size * 8);
  const dividend =
    size === 1 ? b.widen(b.gpr(0, 2)) : b.or(b.shl(b.widen(b.gpr(2, size)), bits), b.widen(b.gpr(0, size)));
  if (!signed) {
    const n = b.let(dividend);
    const d = b.let(b.widen(divisor));
    const quotient = b.let(b.divU(n, d));
    b.raiseIf(b.ne(b.shrU(quotient, bits), b.i64(0)), DIVIDE_ERROR);
    writeQuotient(b, size, quotient, b.let(b.remU(n, d)));
    return;
  }
  const n = b.let(size === 4 ? dividend : b.signExtend(dividend, size * 2));
  const d = b.let(b.widenSigned(b.signExtend(divisor, size)));
  // INT64_MIN / -1 would trap in WebAssembly; it overflows any quotient here.
  const edge = b.and(b.compare('eq', n, b.i64(-0x8000_0000_0000_0000n)), b.compare('eq', d, b.i64(-1)));
  b.raiseIf(edge, DIVIDE_ERROR);
  const quotient = b.let(b.divS(n, d));
  b.raiseIf(b.ne(quotient, b.signExtend(quotient, size)), DIVIDE_ERROR);
  writeQuotient(b, size, quotient, b.let(b.remS(n, d)));
}

function writeQuotient(b: InstructionBuilder, size: 1 | 2 | 4, quotient: Value, remainder: Value): void {
  if (size === 1) {
    const high = b.shl(b.resize(remainder, 1), b.i32(8));
    b.setGpr(0, 2, b.let(b.or(high, b.resize(quotient, 1))));
    return;
  }
  b.setGpr(0, size, b.resize(quotient, size));
  b.setGpr(2, size, b.resize(remainder, size));
}

/** 128 by 64 bits: directly when the upper half says nothing, else by the long-division helper. */
function divideWide(b: InstructionBuilder, signed: boolean): void {
  const divisor = b.let(b.read(0));
  b.raiseIf(b.eqz(divisor), DIVIDE_ERROR);
  const low = b.let(b.gpr(0, 8));
  const high = b.let(b.gpr(2, 8));
  const quotient = b.temp('i64');
  const remainder = b.temp('i64');
  const short = signed
    ? b.and(
        b.eq(high, b.shrS(low, b.i64(63))),
        b.eqz(b.and(b.compare('eq', low, b.i64(-0x8000_0000_0000_0000n)), b.compare('eq', divisor, b.i64(-1)))),
      )
    : b.eqz(high);
  b.if(
    short,
    () => {
      b.set(quotient, signed ? b.divS(low, divisor) : b.divU(low, divisor));
      b.set(remainder, signed ? b.remS(low, divisor) : b.remU(low, divisor));
    },
    () => {
      b.setState('argument0', low);
      b.setState('argument1', high);
      b.setState('argument2', divisor);
      const fits = b.call('divide128', { params: ['i32'], results: ['i32'] }, [b.i32(signed ? 1 : 0)]) as Value;
      b.raiseIf(b.eqz(fits), DIVIDE_ERROR);
      b.set(quotient, b.state('result0'));
      b.set(remainder, b.state('result1'));
    },
  );
  b.setGpr(0, 8, b.get(quotient));
  b.setGpr(2, 8, b.get(remainder));
}

function divide(signed: boolean): Semantics {
  return (b) => {
    const size = b.size(0) as 1 | 2 | 4 | 8;
    if (size === 8) divideWide(b, signed);
    else divideNarrow(b, signed, size);
  };
}

const adjustAfterMultiply: Semantics = (b) => {
  const base = b.let(b.and(b.wrap(b.read(0)), b.i32(0xff)));
  b.raiseIf(b.eqz(base), DIVIDE_ERROR);
  const al = b.let(b.gpr(0, 1));
  const low = b.let(b.remU(al, base));
  b.setFlags('logic', 1, low, low, low);
  b.setGpr(0, 2, b.let(b.or(b.shl(b.divU(al, base), b.i32(8)), low)));
};

const adjustBeforeDivide: Semantics = (b) => {
  const base = b.let(b.and(b.wrap(b.read(0)), b.i32(0xff)));
  const product = b.mul(b.gpr(0, 1, true), base);
  const low = b.let(b.truncate(b.add(product, b.gpr(0, 1)), 1));
  b.setFlags('logic', 1, low, low, low);
  b.setGpr(0, 2, low);
};

export const multiply: Family = {
  name: 'multiply',
  rows: [
    row('f6 /4', 'mul', 'Eb', multiplyAccumulator(false)),
    row('f7 /4', 'mul', 'Ev', multiplyAccumulator(false)),
    row('f6 /5', 'imul', 'Eb', multiplyAccumulator(true)),
    row('f7 /5', 'imul', 'Ev', multiplyAccumulator(true)),
    row('0f af /r', 'imul', 'Gv,Ev', multiplyInto(0, 1)),
    row('69 /r', 'imul', 'Gv,Ev,Iz', multiplyInto(1, 2)),
    row('6b /r', 'imul', 'Gv,Ev,Ib', multiplyInto(1, 2)),
    row('f6 /6', 'div', 'Eb', divide(false)),
    row('f7 /6', 'div', 'Ev', divide(false)),
    row('f6 /7', 'idiv', 'Eb', divide(true)),
    row('f7 /7', 'idiv', 'Ev', divide(true)),
    row('d4', 'aam', 'Ib', adjustAfterMultiply, { mode: 'legacy' }),
    row('d5', 'aad', 'Ib', adjustBeforeDivide, { mode: 'legacy' }),
  ],
};
