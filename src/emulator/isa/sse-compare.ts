/** SSE and SSE2 comparisons: CMPcc into masks, COMI and UCOMI into EFLAGS. Denormals and NaNs go to the routines. */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';
import {
  compareOpcode,
  conjunction,
  denormalLanes,
  FORMATS,
  lanewise,
  notDenormal,
  type Precision,
} from './sse-float.js';
import { vector, vectorTest } from './vector.js';
import { asFloat, callRoutine, commitSse, immediateByte, sse } from './vector-unit.js';

/** Relations that make each predicate 0-7 of CMPcc true, 4 bits each: 1 less, 2 equal, 4 greater, 8 unordered. */
const PREDICATES = 0x7ced8312;
/** Predicates that signal for quiet NaNs too: LT, LE, NLT, NLE. */
const SIGNALLING_PREDICATES = 0b01100110;

function predicateSet(b: InstructionBuilder, predicate: Value): Value {
  return b.let(b.and(b.shrU(b.i32(PREDICATES), b.shl(predicate, b.i32(2))), b.i32(15)));
}

function quietFor(b: InstructionBuilder, predicate: Value): Value {
  return b.let(b.xor(b.and(b.shrU(b.i32(SIGNALLING_PREDICATES), predicate), b.i32(1)), b.i32(1)));
}

const allOnes = (b: InstructionBuilder, condition: Value): Value => b.sub(b.i32(0), condition);

function compareScalar(precision: Precision): Semantics {
  const format = FORMATS[precision];
  const type = precision === 'Double' ? 'f64' : 'f32';
  return sse((b) => {
    const predicate = b.let(b.and(immediateByte(b, 2), b.i32(7)));
    const y = b.let(b.read(1));
    const x = b.let(b.read(0));
    const [fx, fy] = [asFloat(b, x), asFloat(b, y)];
    const set = predicateSet(b, predicate);
    const is = (relation: 'eq' | 'lt' | 'gt'): Value => b.op('i32', compareOpcode(type, relation), fx, fy);
    const relation = b.temp('i32');
    b.set(relation, b.or(b.or(is('lt'), b.shl(is('eq'), b.i32(1))), b.shl(is('gt'), b.i32(2))));
    const fine = conjunction(b, [
      b.ne(b.get(relation), b.i32(0)),
      notDenormal(b, format, x),
      notDenormal(b, format, y),
    ]);
    b.if(b.eqz(fine), () => {
      b.set(relation, callRoutine(b, `sseCompare${precision}`, b.widen(x), b.widen(y), quietFor(b, predicate)));
      commitSse(b);
    });
    const mask = allOnes(b, b.ne(b.and(b.get(relation), set), b.i32(0)));
    b.write(0, format.bytes === 8 ? b.widenSigned(mask) : mask);
  });
}

function comparePacked(precision: Precision): Semantics {
  const format = FORMATS[precision];
  const { shape } = format;
  return sse((b) => {
    const predicate = b.let(b.and(immediateByte(b, 2), b.i32(7)));
    const y = b.let(b.read(1));
    const x = b.let(b.read(0));
    const set = predicateSet(b, predicate);
    const chosen = (bit: number, mask: Value): Value => {
      const wanted = allOnes(b, b.and(b.shrU(set, b.i32(bit)), b.i32(1)));
      return vector(b, 'v128.and', mask, vector(b, 'i32x4.splat', wanted));
    };
    const result = b.temp('v128');
    const masks = (['lt', 'eq', 'gt'] as const).map((name, bit) => chosen(bit, vector(b, `${shape}.${name}`, x, y)));
    b.set(
      result,
      masks.reduce((p, q) => vector(b, 'v128.or', p, q)),
    );
    const unordered = vector(b, 'v128.or', vector(b, `${shape}.ne`, x, x), vector(b, `${shape}.ne`, y, y));
    const denormal = vector(b, 'v128.or', denormalLanes(b, format, x), denormalLanes(b, format, y));
    b.if(vectorTest(b, 'v128.any_true', vector(b, 'v128.or', unordered, denormal)), () => {
      const quiet = quietFor(b, predicate);
      const slow = lanewise(b, format, x, y, (_b, xl, yl) => {
        const relation = callRoutine(b, `sseCompare${precision}`, xl, yl, quiet);
        return b.widenSigned(allOnes(b, b.ne(b.and(relation, set), b.i32(0))));
      });
      b.set(result, slow);
    });
    b.write(0, b.get(result));
  });
}

/** COMI and UCOMI: the relation in ZF, PF and CF; OF, SF and AF become 0. */
function compareFlags(precision: Precision, quiet: 0 | 1): Semantics {
  const format = FORMATS[precision];
  const type = precision === 'Double' ? 'f64' : 'f32';
  return sse((b) => {
    const y = b.let(b.read(1));
    const x = b.let(b.read(0));
    const [fx, fy] = [asFloat(b, x), asFloat(b, y)];
    const less = b.temp('i32');
    const equal = b.temp('i32');
    const unordered = b.temp('i32');
    b.set(less, b.op('i32', compareOpcode(type, 'lt'), fx, fy));
    b.set(equal, b.op('i32', compareOpcode(type, 'eq'), fx, fy));
    b.set(unordered, b.i32(0));
    const related = b.or(b.or(b.get(less), b.get(equal)), b.op('i32', compareOpcode(type, 'gt'), fx, fy));
    b.if(b.eqz(conjunction(b, [related, notDenormal(b, format, x), notDenormal(b, format, y)])), () => {
      const relation = callRoutine(b, `sseCompare${precision}`, b.widen(x), b.widen(y), b.i32(quiet));
      commitSse(b);
      b.set(unordered, b.shrU(relation, b.i32(3)));
      b.set(less, b.or(b.and(relation, b.i32(1)), b.get(unordered)));
      b.set(equal, b.or(b.and(b.shrU(relation, b.i32(1)), b.i32(1)), b.get(unordered)));
    });
    // ZF from a result of 0; its parity is then even, which bit 8 of the second word corrects unless unordered.
    const carry = b.widen(b.get(less));
    const parity = b.widen(b.and(b.get(equal), b.xor(b.get(unordered), b.i32(1))));
    const carries = b.or(b.shl(carry, b.i64(63)), b.shl(carry, b.i64(62)));
    const extra = b.let(b.or(carries, b.shl(parity, b.i64(8))));
    b.setFlagWords(b.let(b.widen(b.xor(b.get(equal), b.i32(1)))), extra);
  });
}

export const sseCompare: Family = {
  name: 'sse-compare',
  rows: [
    row('np 0f c2 /r', 'cmpps', 'Vps,Wps,Ib', comparePacked('Single'), { feature: 'sse' }),
    row('f3 0f c2 /r', 'cmpss', 'Vss,Wss,Ib', compareScalar('Single'), { feature: 'sse' }),
    row('66 0f c2 /r', 'cmppd', 'Vpd,Wpd,Ib', comparePacked('Double'), { feature: 'sse2' }),
    row('f2 0f c2 /r', 'cmpsd', 'Vsd,Wsd,Ib', compareScalar('Double'), { feature: 'sse2' }),
    row('np 0f 2e /r', 'ucomiss', 'Vss,Wss', compareFlags('Single', 1), { feature: 'sse' }),
    row('66 0f 2e /r', 'ucomisd', 'Vsd,Wsd', compareFlags('Double', 1), { feature: 'sse2' }),
    row('np 0f 2f /r', 'comiss', 'Vss,Wss', compareFlags('Single', 0), { feature: 'sse' }),
    row('66 0f 2f /r', 'comisd', 'Vsd,Wsd', compareFlags('Double', 0), { feature: 'sse2' }),
  ],
};
