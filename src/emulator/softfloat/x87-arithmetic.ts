// FADD, FSUB, FMUL, FDIV and FSQRT on the x87 stack: a fast path for normal operands under the usual control word (all
// masked, nearest, 64 bits), and the complete routines for everything else.

import { type Conversions, doubleIsNormal, emitNormalDouble } from './conversion.js';
import { c32, c64, type I32, i32, i64, select, type ValueType } from './expression.js';
import { DEFAULT_NAN, EXPONENT_MASK, exponentOf, isNormal, signOf } from './extended.js';
import { type ExtendedArithmetic, packSignExponent } from './extended-arithmetic.js';
import { emitAdd, emitDivide, emitMultiply, emitSquareRoot, type Finite, type Unrounded } from './finite.js';
import type { FunctionBody, FunctionHandle, Local } from './function-body.js';
import type { FunctionModule } from './function-module.js';
import { INTEGER_BIT } from './significand.js';
import { type LocalExtended, STACK_UNDERFLOW, type X87State } from './x87-state.js';

/** Masks, precision and rounding fields of the control word, and their usual values. */
const CONTROL_FIELDS = 0x0f3f;
const USUAL_CONTROL = 0x033f;

interface Operation {
  readonly name: 'Add' | 'Subtract' | 'Multiply' | 'Divide';
  readonly complete: keyof ExtendedArithmetic;
  readonly negate: 0 | 1;
  readonly finite: (k: FunctionBody, a: Finite, b: Finite) => Unrounded;
}

const OPERATIONS: readonly Operation[] = [
  { name: 'Add', complete: 'add', negate: 0, finite: emitAdd },
  { name: 'Subtract', complete: 'add', negate: 1, finite: emitAdd },
  { name: 'Multiply', complete: 'multiply', negate: 0, finite: emitMultiply },
  { name: 'Divide', complete: 'divide', negate: 0, finite: emitDivide },
];

/** Rounds to nearest at 64 bits and returns `answer`, when the result stays in range. */
function emitFastRound(k: FunctionBody, x87: X87State, u: Unrounded, address: I32, finish: () => void): void {
  const half = INTEGER_BIT;
  const odd = i32.and(i32.wrap(u.hi), 1);
  const up = k.i32(i32.or(i64.gtU(u.lo, half), i32.and(i64.eq(u.lo, half), odd)));
  const significand = k.i64(i64.add(u.hi, i64.extendU(up)));
  // A carry out of all ones leaves 0: the next power of two.
  const carry = i64.eqz(significand);
  const exponent = k.i32(i32.add(u.exponent, carry));
  k.set(significand, select(carry, c64(INTEGER_BIT), significand));
  k.if(i32.and(i64.ltS(u.hi, 0n), i32.ltU(i32.sub(exponent, 1), EXPONENT_MASK - 1)), () => {
    x87.emitWrite(k, address, significand, packSignExponent(u.sign, exponent));
    x87.emitStatusFast(k, i64.ne(u.lo, 0n), up);
    finish();
  });
}

const usualControl = (x87: X87State): I32 => i32.eq(i32.and(x87.control, CONTROL_FIELDS), USUAL_CONTROL);
const finiteOf = (a: LocalExtended, negate = 0): Finite => ({
  sign: negate ? i32.xor(signOf(a), 1) : signOf(a),
  exponent: exponentOf(a),
  significand: a.significand,
});

interface Parts {
  readonly module: FunctionModule;
  readonly x87: X87State;
  readonly arithmetic: ExtendedArithmetic;
  readonly conversions: Conversions;
}

/** a op b -> the register at `address`; the i32 that `done` gets tells whether the result was written. */
function emitCompute(
  k: FunctionBody,
  { x87, arithmetic }: Parts,
  operation: Operation,
  a: LocalExtended,
  b: LocalExtended,
  flags: I32,
  address: I32,
  done: (written: I32) => void,
): void {
  k.if(i32.and(i32.and(isNormal(a), isNormal(b)), i32.and(usualControl(x87), i32.eqz(flags))), () => {
    const u = operation.finite(k, finiteOf(a), finiteOf(b, operation.negate));
    emitFastRound(k, x87, u, address, () => done(c32(1)));
  });
  const [significand, signExponent, raised, written] = [k.i64(), k.i32(), k.i32(), k.i32()];
  const arguments_ = [a.significand, a.signExponent, b.significand, b.signExponent];
  k.call(
    [significand, signExponent, raised],
    arithmetic[operation.complete],
    ...arguments_,
    flags,
    x87.control,
    ...(operation.complete === 'squareRoot' ? [] : [c32(operation.negate)]),
  );
  k.call([written], x87.finish, address, significand, signExponent, raised);
  done(written);
}

/** x87<Op>(a, b, destination, pop): ST(destination) = ST(a) op ST(b). */
function defineRegisters(parts: Parts, operation: Operation): FunctionHandle {
  const { module, x87 } = parts;
  return module.define(`x87${operation.name}`, ['i32', 'i32', 'i32', 'i32'], [], (k, i, j, destination, pop) => {
    const finish = (written: I32) => {
      x87.emitPopIf(k, i32.and(written, pop));
      k.return();
    };
    const [pi, pj] = [k.i32(x87.physical(i)), k.i32(x87.physical(j))];
    const address = k.i32(x87.addressOf(x87.physical(destination)));
    const bits = i32.or(i32.shl(1, pi), i32.shl(1, pj));
    k.if(i32.and(bits, x87.empty), () => {
      emitUnderflow(k, x87, address, x87.physical(destination), finish);
    });
    const a = x87.read(k, x87.addressOf(pi));
    const b = x87.read(k, x87.addressOf(pj));
    emitCompute(k, parts, operation, a, b, c32(0), address, finish);
  });
}

/** An empty operand: the default NaN, which also fills the destination, or nothing when the exception is unmasked. */
function emitUnderflow(
  k: FunctionBody,
  x87: X87State,
  address: I32,
  physical: I32,
  done: (written: I32) => void,
): void {
  const written = k.i32();
  const nan = [c64(DEFAULT_NAN.significand), c32(DEFAULT_NAN.signExponent)] as const;
  k.call([written], x87.finish, address, ...nan, c32(STACK_UNDERFLOW));
  k.if(written, () => x87.emitMarkFull(k, physical));
  done(written);
}

type MemoryForm = 'Double' | 'Single' | 'Integer';

/** x87<Op><Form>(bits, reversed): ST(0) = ST(0) op memory, or memory op ST(0). */
function defineMemory(parts: Parts, operation: Operation, form: MemoryForm): FunctionHandle {
  const { module, x87, conversions } = parts;
  const name = `x87${operation.name}${form}`;
  return module.define(name, ['i64', 'i32'], [], (k, bits, reversed) => {
    const top = k.i32(x87.top);
    const address = k.i32(x87.addressOf(top));
    k.if(x87.isEmpty(top), () => emitUnderflow(k, x87, address, top, () => k.return()));
    const a = x87.read(k, address);
    if (form === 'Double') {
      // The common case in line: both normal, not reversed.
      k.if(i32.and(i32.and(isNormal(a), doubleIsNormal(bits)), i32.and(usualControl(x87), i32.eqz(reversed))), () => {
        const u = operation.finite(k, finiteOf(a), finiteOf(emitNormalDouble(k, bits), operation.negate));
        emitFastRound(k, x87, u, address, () => k.return());
      });
    }
    const b = { significand: k.i64(), signExponent: k.i32() };
    const flags: Local<'i32'> = k.i32();
    k.call([b.significand, b.signExponent, flags], conversions[`from${form}`], bits);
    k.if(reversed, () => {
      swap(k, a.significand, b.significand);
      swap(k, a.signExponent, b.signExponent);
    });
    emitCompute(k, parts, operation, a, b, flags, address, () => k.return());
  });
}

function swap<T extends ValueType>(k: FunctionBody, a: Local<T>, b: Local<T>): void {
  const kept = k.local(a.type as T, a);
  k.set(a, b);
  k.set(b, kept);
}

/** x87SquareRoot(): ST(0) = sqrt(ST(0)). */
function defineSquareRoot({ module, x87, arithmetic }: Parts): FunctionHandle {
  return module.define('x87SquareRoot', [], [], (k) => {
    const top = k.i32(x87.top);
    const address = k.i32(x87.addressOf(top));
    k.if(x87.isEmpty(top), () => emitUnderflow(k, x87, address, top, () => k.return()));
    const a = x87.read(k, address);
    k.if(i32.and(i32.and(isNormal(a), i32.eqz(signOf(a))), usualControl(x87)), () => {
      emitFastRound(k, x87, emitSquareRoot(k, finiteOf(a)), address, () => k.return());
    });
    const [significand, signExponent, flags, written] = [k.i64(), k.i32(), k.i32(), k.i32()];
    k.call([significand, signExponent, flags], arithmetic.squareRoot, a.significand, a.signExponent, x87.control);
    k.call([written], x87.finish, address, significand, signExponent, flags);
    k.return();
  });
}

/** Defines x87Add, x87AddDouble, x87AddSingle, x87AddInteger, likewise Subtract, Multiply, Divide; x87SquareRoot. */
export function defineX87Arithmetic(parts: Parts): void {
  for (const operation of OPERATIONS) {
    defineRegisters(parts, operation);
    for (const form of ['Double', 'Single', 'Integer'] as const) defineMemory(parts, operation, form);
  }
  defineSquareRoot(parts);
}
