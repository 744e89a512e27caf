/**
 * SSE and SSE2 floating point: arithmetic, minimum and maximum, comparison.
 *
 * WebAssembly's operations are correctly rounded to nearest, but leave NaN bits open and know no flags. They are
 * trusted when the state is the usual one (everything masked, round to nearest, PE already sticky), no operand is a
 * denormal and the result is a normal number above the smallest one, to which a denormal may have been rounded up: then
 * nothing but PE can have been raised. Everything else goes to the routines in `softfloat/`, lane by lane.
 */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type Row, row, type Semantics } from './row.js';
import {
  lane,
  shuffleLanes,
  splatConstant,
  type VectorOp,
  vector,
  vectorConstant,
  vectorTest,
  withLane,
} from './vector.js';
import { asBits, asFloat, callRoutine, commitSse, sse } from './vector-unit.js';

/** MXCSR: PE, all masks, rounding control; and their usual values. */
const MXCSR_FIELDS = 0x7fa0;
const MXCSR_USUAL = 0x1fa0;

export type Precision = 'Double' | 'Single';

interface Format {
  readonly bytes: 4 | 8;
  readonly lanes: 2 | 4;
  readonly shape: 'f64x2' | 'f32x4';
  /** The smallest normal number, and infinity. */
  readonly minNormal: bigint;
  readonly infinity: bigint;
}

export const FORMATS: Readonly<Record<Precision, Format>> = {
  Double: { bytes: 8, lanes: 2, shape: 'f64x2', minNormal: 1n << 52n, infinity: 0x7ffn << 52n },
  Single: { bytes: 4, lanes: 4, shape: 'f32x4', minNormal: 1n << 23n, infinity: 0xffn << 23n },
};

/** Whether rounding and flags are in the state that WebAssembly's own arithmetic assumes. */
export function usualMxcsr(b: InstructionBuilder): Value {
  return b.eq(b.and(b.state('mxcsr'), b.i32(MXCSR_FIELDS)), b.i32(MXCSR_USUAL));
}

/** 1 unless the bits are those of a denormal: 2|x| - 1 wraps to the largest value for zeros. */
export function notDenormal(b: InstructionBuilder, format: Format, bits: Value): Value {
  const doubled = b.shl(bits, b.int(bits.type, 1));
  return b.compare('geU', b.sub(doubled, b.int(bits.type, 1)), b.int(bits.type, 2n * format.minNormal - 1n));
}

/** 1 when the bits are those of a finite number above the smallest normal one. */
export function isPlain(b: InstructionBuilder, format: Format, bits: Value): Value {
  const doubled = b.shl(bits, b.int(bits.type, 1));
  const span = 2n * (format.infinity - format.minNormal) - 1n;
  const shifted = b.sub(doubled, b.int(bits.type, 2n * format.minNormal + 1n));
  return b.ltU(shifted, b.int(bits.type, BigInt.asIntN(format.bytes * 8, span)));
}

/** All ones in lanes that hold denormals. */
export function denormalLanes(b: InstructionBuilder, { shape, bytes, minNormal }: Format, x: Value): Value {
  const magnitude = vector(b, `${shape}.abs`, x);
  const small = vector(b, `${shape}.lt`, magnitude, splatConstant(bytes, minNormal));
  return vector(b, 'v128.and', small, vector(b, `${shape}.ne`, x, vectorConstant(0n, 0n)));
}

/** All ones in lanes where `isPlain` does not hold. */
function doubtfulLanes(b: InstructionBuilder, { shape, bytes, minNormal, infinity }: Format, x: Value): Value {
  const magnitude = b.let(vector(b, `${shape}.abs`, x));
  const large = vector(b, `${shape}.gt`, magnitude, splatConstant(bytes, minNormal));
  const finite = vector(b, `${shape}.lt`, magnitude, splatConstant(bytes, infinity));
  return vector(b, 'v128.not', vector(b, 'v128.and', large, finite));
}

const toLane64 = (b: InstructionBuilder, value: Value): Value => b.widen(value);
export const fromLane64 = (b: InstructionBuilder, bytes: 4 | 8, value: Value): Value =>
  bytes === 8 ? value : b.wrap(value);

type Lanewise = (b: InstructionBuilder, x: Value, y: Value, index: number) => Value;

/** Computes every lane with routines and commits the flags; the result is fixed. */
export function lanewise(b: InstructionBuilder, format: Format, x: Value, y: Value, compute: Lanewise): Value {
  const { bytes, lanes } = format;
  const result = b.temp('v128');
  b.set(result, vectorConstant(0n, 0n));
  for (let i = 0; i < lanes; i++) {
    const value = compute(b, toLane64(b, lane(b, x, bytes, i)), toLane64(b, lane(b, y, bytes, i)), i);
    b.set(result, withLane(b, b.get(result), bytes, i, fromLane64(b, bytes, value)));
  }
  commitSse(b);
  return b.get(result);
}

interface Operation {
  readonly name: string;
  readonly opcode: string;
  readonly routine: 'Add' | 'Subtract' | 'Multiply' | 'Divide' | 'Minimum' | 'Maximum' | 'SquareRoot';
  /** Opcodes of the scalar operators, [f32, f64]; 0 where a comparison does the work. */
  readonly scalar: readonly [number, number];
  readonly packed: 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'pmin' | 'pmax';
}

const OPERATIONS: readonly Operation[] = [
  { name: 'sqrt', opcode: '51', routine: 'SquareRoot', scalar: [0x91, 0x9f], packed: 'sqrt' },
  { name: 'add', opcode: '58', routine: 'Add', scalar: [0x92, 0xa0], packed: 'add' },
  { name: 'mul', opcode: '59', routine: 'Multiply', scalar: [0x94, 0xa2], packed: 'mul' },
  { name: 'sub', opcode: '5c', routine: 'Subtract', scalar: [0x93, 0xa1], packed: 'sub' },
  { name: 'min', opcode: '5d', routine: 'Minimum', scalar: [0, 0], packed: 'pmin' },
  { name: 'div', opcode: '5e', routine: 'Divide', scalar: [0x95, 0xa3], packed: 'div' },
  { name: 'max', opcode: '5f', routine: 'Maximum', scalar: [0, 0], packed: 'pmax' },
];

const isExtremum = ({ packed }: Operation): boolean => packed === 'pmin' || packed === 'pmax';

function slowScalar(b: InstructionBuilder, operation: Operation, precision: Precision, x: Value, y: Value): Value {
  const name = `sse${operation.routine}${precision}`;
  const operands = operation.routine === 'SquareRoot' ? [b.widen(y)] : [b.widen(x), b.widen(y)];
  const result = callRoutine(b, name, ...operands);
  commitSse(b);
  return fromLane64(b, FORMATS[precision].bytes, result);
}

export const conjunction = (b: InstructionBuilder, values: readonly Value[]): Value =>
  values.reduce((x, y) => b.and(x, y));

function scalar(operation: Operation, precision: Precision): Semantics {
  const format = FORMATS[precision];
  const type = precision === 'Double' ? 'f64' : 'f32';
  const opcode = operation.scalar[precision === 'Double' ? 1 : 0];
  return sse((b) => {
    const y = b.let(b.read(1));
    const unary = operation.routine === 'SquareRoot';
    const x = unary ? y : b.let(b.read(0));
    const [fx, fy] = [asFloat(b, x), asFloat(b, y)];
    const result = b.temp(x.type);
    const operandsFine = unary
      ? notDenormal(b, format, y)
      : b.and(notDenormal(b, format, x), notDenormal(b, format, y));
    let fine: Value;
    if (isExtremum(operation)) {
      const less = b.op(
        'i32',
        compareOpcode(type, 'lt'),
        ...((operation.packed === 'pmin' ? [fx, fy] : [fy, fx]) as [Value, Value]),
      );
      b.set(result, b.select(less, x, y));
      const ordered = (f: Value): Value => b.op('i32', compareOpcode(type, 'eq'), f, f);
      fine = conjunction(b, [ordered(fx), ordered(fy), operandsFine]);
    } else {
      b.set(result, asBits(b, unary ? b.op(type, opcode, fy) : b.op(type, opcode, fx, fy)));
      fine = conjunction(b, [usualMxcsr(b), operandsFine, isPlain(b, format, b.get(result))]);
    }
    b.if(b.eqz(fine), () => b.set(result, slowScalar(b, operation, precision, x, y)));
    b.write(0, b.get(result));
  });
}

export function compareOpcode(type: 'f32' | 'f64', relation: 'eq' | 'lt' | 'gt'): number {
  const base = type === 'f32' ? 0x5b : 0x61;
  return base + { eq: 0, lt: 2, gt: 3 }[relation];
}

/** x op y on whole vectors with flags; also for HADD and its like, whose operands are shuffled first. */
function packedArithmetic(
  b: InstructionBuilder,
  precision: Precision,
  operation: Pick<Operation, 'routine' | 'packed'>,
  x: Value,
  y: Value,
  routineOf: (index: number) => string = () => operation.routine,
  blend: (result: Value) => Value = (result) => result,
): Value {
  const format = FORMATS[precision];
  const { shape } = format;
  const unary = operation.packed === 'sqrt';
  const extremum = operation.packed === 'pmin' || operation.packed === 'pmax';
  const op = `${shape}.${operation.packed}` as VectorOp;
  const result = b.temp('v128');
  // pmin(y, x) is x < y ? x : y, exactly as MINPS chooses.
  if (unary) b.set(result, vector(b, op, y));
  else b.set(result, blend(extremum ? vector(b, op, y, x) : vector(b, op, x, y)));
  const unordered = (v: Value): Value => vector(b, `${shape}.ne`, v, v);
  const denormals = denormalLanes(b, format, y);
  const both = unary ? denormals : vector(b, 'v128.or', denormals, denormalLanes(b, format, x));
  const doubtful = extremum
    ? vector(b, 'v128.or', both, vector(b, 'v128.or', unordered(x), unordered(y)))
    : vector(b, 'v128.or', both, doubtfulLanes(b, format, b.get(result)));
  const anyDoubt = vectorTest(b, 'v128.any_true', doubtful);
  b.if(extremum ? anyDoubt : b.or(anyDoubt, b.eqz(usualMxcsr(b))), () => {
    const slow = lanewise(b, format, x, y, (_b, xl, yl, i) =>
      callRoutine(b, `sse${routineOf(i)}${precision}`, ...(unary ? [yl] : [xl, yl])),
    );
    b.set(result, slow);
  });
  return b.get(result);
}

function packed(operation: Operation, precision: Precision): Semantics {
  return sse((b) => {
    const y = b.let(b.read(1));
    const x = operation.routine === 'SquareRoot' ? y : b.let(b.read(0));
    b.write(0, packedArithmetic(b, precision, operation, x, y));
  });
}

function arithmeticRows(operation: Operation): Row[] {
  const { name, opcode } = operation;
  return [
    row(`np 0f ${opcode} /r`, `${name}ps`, 'Vps,Wps', packed(operation, 'Single'), { feature: 'sse' }),
    row(`f3 0f ${opcode} /r`, `${name}ss`, 'Vss,Wss', scalar(operation, 'Single'), { feature: 'sse' }),
    row(`66 0f ${opcode} /r`, `${name}pd`, 'Vpd,Wpd', packed(operation, 'Double'), { feature: 'sse2' }),
    row(`f2 0f ${opcode} /r`, `${name}sd`, 'Vsd,Wsd', scalar(operation, 'Double'), { feature: 'sse2' }),
  ];
}

/** HADD and HSUB: pairs of the destination, then pairs of the source. */
function horizontal(precision: Precision, operation: Pick<Operation, 'routine' | 'packed'>): Semantics {
  const { bytes } = FORMATS[precision];
  const even = precision === 'Double' ? [0, 2] : [0, 2, 4, 6];
  return sse((b) => {
    const y = b.let(b.read(1));
    const x = b.let(b.read(0));
    const first = b.let(shuffleLanes(x, y, bytes, even));
    const second = b.let(
      shuffleLanes(
        x,
        y,
        bytes,
        even.map((i) => i + 1),
      ),
    );
    b.write(0, packedArithmetic(b, precision, operation, first, second));
  });
}

/** ADDSUB: subtracts in even lanes, adds in odd ones. */
function alternating(precision: Precision): Semantics {
  const { bytes, shape, lanes } = FORMATS[precision];
  const order = Array.from({ length: lanes }, (_, i) => (i % 2 === 0 ? i + lanes : i));
  return sse((b) => {
    const y = b.let(b.read(1));
    const x = b.let(b.read(0));
    const operation = { routine: 'Add', packed: 'add' } as const;
    const routineOf = (i: number) => (i % 2 === 0 ? 'Subtract' : 'Add');
    const blend = (sum: Value) => shuffleLanes(sum, vector(b, `${shape}.sub`, x, y), bytes, order);
    b.write(0, packedArithmetic(b, precision, operation, x, y, routineOf, blend));
  });
}

export const sseFloat: Family = {
  name: 'sse-float',
  rows: [
    ...OPERATIONS.flatMap(arithmeticRows),
    row('66 0f 7c /r', 'haddpd', 'Vpd,Wpd', horizontal('Double', { routine: 'Add', packed: 'add' }), {
      feature: 'sse3',
    }),
    row('f2 0f 7c /r', 'haddps', 'Vps,Wps', horizontal('Single', { routine: 'Add', packed: 'add' }), {
      feature: 'sse3',
    }),
    row('66 0f 7d /r', 'hsubpd', 'Vpd,Wpd', horizontal('Double', { routine: 'Subtract', packed: 'sub' }), {
      feature: 'sse3',
    }),
    row('f2 0f 7d /r', 'hsubps', 'Vps,Wps', horizontal('Single', { routine: 'Subtract', packed: 'sub' }), {
      feature: 'sse3',
    }),
    row('66 0f d0 /r', 'addsubpd', 'Vpd,Wpd', alternating('Double'), { feature: 'sse3' }),
    row('f2 0f d0 /r', 'addsubps', 'Vps,Wps', alternating('Single'), { feature: 'sse3' }),
  ],
};
