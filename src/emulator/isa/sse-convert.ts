/**
 * SSE conversions between integers, single and double precision, and rounding to integers. Scalar conversions have a
 * fast arm where WebAssembly's operation gives the same; the others call the routines lane by lane.
 */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type RowOptions, row, type Semantics } from './row.js';
import { FORMATS, fromLane64, isPlain, notDenormal, type Precision, usualMxcsr } from './sse-float.js';
import { fromLow, type LaneBytes, lane, vectorConstant, withLane } from './vector.js';
import {
  asBits,
  asFloat,
  callRoutine,
  commitSse,
  enterMmx,
  immediateByte,
  readMmx,
  sse,
  sseUnaligned,
  writeMmx,
} from './vector-unit.js';

const SSE: RowOptions = { feature: 'sse' };
const SSE2: RowOptions = { feature: 'sse2' };
const SSE41: RowOptions = { feature: 'sse41' };

const F64 = { convertI32: 0xb7, convertI64: 0xb9, promote: 0xbb, nearest: 0x9e, truncI32: 0xaa, truncI64: 0xb0 };
const F32 = { convertI32: 0xb2, convertI64: 0xb4, demote: 0xb6, nearest: 0x90, truncI32: 0xa8, truncI64: 0xae };
const OPS = { Double: F64, Single: F32 } as const;
const typeOf = (precision: Precision): 'f64' | 'f32' => (precision === 'Double' ? 'f64' : 'f32');

/** CVTSI2SD and CVTSI2SS. A 32-bit integer is exact in a double. */
function fromInteger(precision: Precision): Semantics {
  return sseUnaligned((b) => {
    const source = b.let(b.read(1));
    const wide = source.type === 'i64';
    const result = b.temp(precision === 'Double' ? 'i64' : 'i32');
    const opcode = wide ? OPS[precision].convertI64 : OPS[precision].convertI32;
    b.set(result, asBits(b, b.op(typeOf(precision), opcode, source)));
    if (wide || precision === 'Single') {
      b.if(b.eqz(usualMxcsr(b)), () => {
        const bits = callRoutine(b, `sseIntegerTo${precision}`, b.widenSigned(source));
        commitSse(b);
        b.set(result, fromLane64(b, FORMATS[precision].bytes, bits));
      });
    }
    b.write(0, b.get(result));
  });
}

/** CVT(T)SD2SI and CVT(T)SS2SI. */
function toInteger(precision: Precision, truncate: 0 | 1): Semantics {
  const type = typeOf(precision);
  const { Double } = OPS;
  return sseUnaligned((b) => {
    const wide = b.size(0) === 8;
    const source = b.let(b.read(1));
    const result = b.temp(wide ? 'i64' : 'i32');
    const value = asFloat(b, source);
    // A single is a double too, so that one range check serves both.
    const double = type === 'f64' ? value : b.op('f64', Double.promote, value);
    const rounded = truncate ? double : b.op('f64', Double.nearest, double);
    const bound = (bits: bigint): Value => b.op('f64', 0xbf, b.i64(bits));
    // -2^31 <= x < 2^31, or the same with 63.
    const [low, high] = wide ? [0xc3e0n << 48n, 0x43e0n << 48n] : [0xc1e0n << 48n, 0x41e0n << 48n];
    const inRange = b.and(b.op('i32', 0x66, rounded, bound(low)), b.op('i32', 0x63, rounded, bound(high)));
    b.if(
      b.and(inRange, usualMxcsr(b)),
      () => b.set(result, b.op(wide ? 'i64' : 'i32', wide ? Double.truncI64 : Double.truncI32, rounded)),
      () => {
        const width = b.i32(wide ? 64 : 32);
        const slow = callRoutine(b, `sse${precision}ToInteger`, b.widen(source), width, b.i32(truncate));
        commitSse(b);
        b.set(result, wide ? slow : b.wrap(slow));
      },
    );
    b.write(0, b.get(result));
  });
}

const singleToDouble = sseUnaligned((b) => {
  const source = b.let(b.read(1));
  const value = asFloat(b, source);
  const result = b.temp('i64');
  b.set(result, asBits(b, b.op('f64', F64.promote, value)));
  b.if(b.eqz(b.and(b.op('i32', 0x5b, value, value), notDenormal(b, FORMATS.Single, source))), () => {
    b.set(result, callRoutine(b, 'sseConvertSingleToDouble', b.widen(source)));
    commitSse(b);
  });
  b.write(0, b.get(result));
});

const doubleToSingle = sseUnaligned((b) => {
  const source = b.let(b.read(1));
  const result = b.temp('i32');
  b.set(result, asBits(b, b.op('f32', F32.demote, asFloat(b, source))));
  const fine = b.and(isPlain(b, FORMATS.Single, b.get(result)), notDenormal(b, FORMATS.Double, source));
  b.if(b.eqz(b.and(fine, usualMxcsr(b))), () => {
    const bits = callRoutine(b, 'sseConvertDoubleToSingle', source);
    commitSse(b);
    b.set(result, b.wrap(bits));
  });
  b.write(0, b.get(result));
});

interface Lanes {
  readonly from: LaneBytes;
  readonly to: LaneBytes;
  readonly count: 2 | 4;
  /** Gets a lane as an i64 (zero-extended), gives an i64 or i32 of which the low bytes count. */
  readonly convert: (b: InstructionBuilder, value: Value) => Value;
}

/** Converts `count` low lanes of a vector; lanes above are 0. */
function convertLanes(b: InstructionBuilder, source: Value, { from, to, count, convert }: Lanes): Value {
  const result = b.temp('v128');
  b.set(result, vectorConstant(0n, 0n));
  for (let i = 0; i < count; i++) {
    const value = convert(b, b.widen(lane(b, source, from, i)));
    b.set(result, withLane(b, b.get(result), to, i, to === 8 ? b.widen(value) : b.wrap(value)));
  }
  commitSse(b);
  return b.get(result);
}

const integerLane =
  (precision: Precision, truncate: 0 | 1): Lanes['convert'] =>
  (b, value) =>
    callRoutine(b, `sse${precision}ToInteger`, value, b.i32(32), b.i32(truncate));
const floatLane =
  (precision: Precision): Lanes['convert'] =>
  (b, value) =>
    callRoutine(b, `sseIntegerTo${precision}`, b.widenSigned(b.wrap(value)));
const widen: Lanes['convert'] = (b, value) => callRoutine(b, 'sseConvertSingleToDouble', value);
const narrow: Lanes['convert'] = (b, value) => callRoutine(b, 'sseConvertDoubleToSingle', value);

/** An 8- or 16-byte source as a vector. */
function sourceVector(b: InstructionBuilder): Value {
  const value = b.let(b.read(1));
  return value.type === 'v128' ? value : b.let(fromLow(b, value));
}

const packed = (lanes: Lanes): Semantics => sse((b) => b.write(0, convertLanes(b, sourceVector(b), lanes)));

/** CVTPI2PS and CVTPI2PD read MMX; CVT(T)PS2PI and CVT(T)PD2PI write it. */
function fromMmx(lanes: Lanes): Semantics {
  return (b) => {
    b.requireUnit('sse');
    b.requireUnit('mmx');
    const source = b.let(fromLow(b, readMmx(b, 1)));
    if (!b.isMemory(1)) enterMmx(b);
    const result = convertLanes(b, source, lanes);
    if (lanes.to === 8) b.write(0, result);
    else b.storeMemory(8, b.registerAddress(0), 0, lane(b, result, 8, 0));
  };
}

function toMmx(lanes: Lanes): Semantics {
  return (b) => {
    b.requireUnit('sse');
    b.requireUnit('mmx');
    if (b.isMemory(1) && b.size(1) === 16) b.requireAligned(1, 16);
    const source = sourceVector(b);
    // The switch to MMX comes first: it stays even when the conversion raises.
    enterMmx(b);
    writeMmx(b, 0, lane(b, convertLanes(b, source, lanes), 8, 0));
  };
}

function roundScalar(precision: Precision): Semantics {
  return sseUnaligned((b) => {
    const mode = immediateByte(b, 2);
    const bits = callRoutine(b, `sseRound${precision}`, b.widen(b.let(b.read(1))), mode);
    commitSse(b);
    b.write(0, fromLane64(b, FORMATS[precision].bytes, bits));
  });
}

function roundPacked(precision: Precision): Semantics {
  const { bytes, lanes: count } = FORMATS[precision];
  return sse((b) => {
    const mode = immediateByte(b, 2);
    const convert: Lanes['convert'] = (_b, value) => callRoutine(b, `sseRound${precision}`, value, mode);
    b.write(0, convertLanes(b, b.let(b.read(1)), { from: bytes, to: bytes, count, convert }));
  });
}

const lanes = (from: LaneBytes, to: LaneBytes, count: 2 | 4, convert: Lanes['convert']): Lanes => ({
  from, to, count, convert,
}); // biome-ignore format: one record

export const sseConvert: Family = {
  name: 'sse-convert',
  rows: [
    row('f3 0f 2a /r', 'cvtsi2ss', 'Vss,Ey', fromInteger('Single'), SSE),
    row('f2 0f 2a /r', 'cvtsi2sd', 'Vsd,Ey', fromInteger('Double'), SSE2),
    row('f3 0f 2c /r', 'cvttss2si', 'Gy,Wss', toInteger('Single', 1), SSE),
    row('f2 0f 2c /r', 'cvttsd2si', 'Gy,Wsd', toInteger('Double', 1), SSE2),
    row('f3 0f 2d /r', 'cvtss2si', 'Gy,Wss', toInteger('Single', 0), SSE),
    row('f2 0f 2d /r', 'cvtsd2si', 'Gy,Wsd', toInteger('Double', 0), SSE2),
    row('f3 0f 5a /r', 'cvtss2sd', 'Vsd,Wss', singleToDouble, SSE2),
    row('f2 0f 5a /r', 'cvtsd2ss', 'Vss,Wsd', doubleToSingle, SSE2),
    row('np 0f 5a /r', 'cvtps2pd', 'Vpd,Wq', packed(lanes(4, 8, 2, widen)), SSE2),
    row('66 0f 5a /r', 'cvtpd2ps', 'Vps,Wpd', packed(lanes(8, 4, 2, narrow)), SSE2),
    row('np 0f 5b /r', 'cvtdq2ps', 'Vps,Wdq', packed(lanes(4, 4, 4, floatLane('Single'))), SSE2),
    row('66 0f 5b /r', 'cvtps2dq', 'Vdq,Wps', packed(lanes(4, 4, 4, integerLane('Single', 0))), SSE2),
    row('f3 0f 5b /r', 'cvttps2dq', 'Vdq,Wps', packed(lanes(4, 4, 4, integerLane('Single', 1))), SSE2),
    row('f3 0f e6 /r', 'cvtdq2pd', 'Vpd,Wq', packed(lanes(4, 8, 2, floatLane('Double'))), SSE2),
    row('f2 0f e6 /r', 'cvtpd2dq', 'Vdq,Wpd', packed(lanes(8, 4, 2, integerLane('Double', 0))), SSE2),
    row('66 0f e6 /r', 'cvttpd2dq', 'Vdq,Wpd', packed(lanes(8, 4, 2, integerLane('Double', 1))), SSE2),
    row('np 0f 2a /r', 'cvtpi2ps', 'Vq,Qq', fromMmx(lanes(4, 4, 2, floatLane('Single'))), SSE),
    row('66 0f 2a /r', 'cvtpi2pd', 'Vpd,Qq', fromMmx(lanes(4, 8, 2, floatLane('Double'))), SSE2),
    row('np 0f 2c /r', 'cvttps2pi', 'Pq,Wq', toMmx(lanes(4, 4, 2, integerLane('Single', 1))), SSE),
    row('np 0f 2d /r', 'cvtps2pi', 'Pq,Wq', toMmx(lanes(4, 4, 2, integerLane('Single', 0))), SSE),
    row('66 0f 2c /r', 'cvttpd2pi', 'Pq,Wpd', toMmx(lanes(8, 4, 2, integerLane('Double', 1))), SSE2),
    row('66 0f 2d /r', 'cvtpd2pi', 'Pq,Wpd', toMmx(lanes(8, 4, 2, integerLane('Double', 0))), SSE2),
    row('66 0f 3a 08 /r', 'roundps', 'Vps,Wps,Ib', roundPacked('Single'), SSE41),
    row('66 0f 3a 09 /r', 'roundpd', 'Vpd,Wpd,Ib', roundPacked('Double'), SSE41),
    row('66 0f 3a 0a /r', 'roundss', 'Vss,Wss,Ib', roundScalar('Single'), SSE41),
    row('66 0f 3a 0b /r', 'roundsd', 'Vsd,Wsd,Ib', roundScalar('Double'), SSE41),
  ],
};
