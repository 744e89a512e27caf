/** Bit tests, scans and counts: BT/BTS/BTR/BTC, BSF/BSR, TZCNT/LZCNT, POPCNT, CRC32 (SDM volume 2). */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';

type BitChange = 'test' | 'set' | 'reset' | 'complement';

function changeBit(b: InstructionBuilder, change: BitChange, value: Value, mask: Value): Value {
  if (change === 'set') return b.or(value, mask);
  if (change === 'reset') return b.and(value, b.xor(mask, b.int(mask.type, -1)));
  return b.xor(value, mask);
}

/**
 * With a register offset and a memory operand the bit string is unbounded: the address moves by the offset's signed
 * word (SDM volume 2, "BT"). Implemented over an explicit address; with an immediate the offset is taken modulo size.
 */
function bitOperation(change: BitChange): Semantics {
  return (b) => {
    const size = b.size(0);
    const bits = size * 8;
    const wide = b.let(b.read(1));
    const index = b.let(b.and(wide, b.int(wide.type, bits - 1)));
    const place = size === 8 ? b.widen(index) : b.wrap(index);
    const mask = b.let(b.shl(b.constant(size, 1), place));
    const applied = (old: Value): Value => {
      b.setCarry(b.let(b.and(b.wrap(b.shrU(old, place)), b.i32(1))));
      return b.truncate(changeBit(b, change, old, mask), size);
    };
    if (!b.isMemory(0) || !b.isRegister(1)) {
      if (change === 'test') applied(b.let(b.read(0)));
      else b.update(0, applied);
      return;
    }
    const shift = Math.log2(bits);
    const signed = b.widenSigned(b.signExtend(wide, size));
    const step = b.let(b.shl(b.shrS(signed, b.i64(shift)), b.i64(Math.log2(size))));
    if (change === 'test') applied(b.loadDisplaced(0, step));
    else b.updateDisplaced(0, step, applied);
  };
}

/** BSF/BSR: ZF = source is zero, and then the destination stays (as AMD documents and Intel does). */
function scan(forward: boolean): Semantics {
  return (b) => {
    const size = b.size(0);
    const source = b.let(b.read(1));
    const edge = forward ? b.ctz(source) : b.sub(b.constant(size, size === 8 ? 63 : 31), b.clz(source));
    const found = b.let(edge);
    b.setFlags('logic', size, source, source, source);
    b.if(b.ne(source, b.constant(size, 0)), () => b.write(0, found));
  };
}

/** TZCNT/LZCNT: CF = source is zero, ZF = result is zero. */
function count(trailing: boolean): Semantics {
  return (b) => {
    const size = b.size(0);
    const source = b.let(b.read(1));
    const empty = b.let(b.eqz(source));
    let result: Value;
    if (trailing) result = size === 2 ? b.ctz(b.or(source, b.i32(0x10000))) : b.ctz(source);
    else result = size === 2 ? b.sub(b.clz(source), b.i32(16)) : b.clz(source);
    const fixed = b.let(result);
    b.setFlags('logic', size, fixed, fixed, fixed);
    b.setCarry(empty);
    b.write(0, fixed);
  };
}

/** POPCNT: ZF = source is zero, every other status flag 0. */
const populationCount: Semantics = (b) => {
  const source = b.let(b.read(1));
  b.setStatusFlags(b.let(b.shl(b.eqz(source), b.i32(6))));
  b.write(0, b.popcnt(source));
};

/** CRC32 with the Castagnoli polynomial, bit by bit (reflected form). */
const crc32: Semantics = (b) => {
  const bytes = b.size(1);
  const data = b.let(b.read(1));
  const rest = b.temp('i32');
  b.set(rest, b.wrap(b.read(0)));
  const step = (chunk: Value, bits: number): void => {
    b.set(rest, b.xor(b.get(rest), chunk));
    const left = b.temp('i32');
    b.set(left, b.i32(bits));
    b.loop((again) => {
      const now = b.get(rest);
      const odd = b.sub(b.i32(0), b.and(now, b.i32(1)));
      b.set(rest, b.xor(b.shrU(now, b.i32(1)), b.and(odd, b.i32(0x82f63b78 | 0))));
      b.set(left, b.sub(b.get(left), b.i32(1)));
      b.branchIf(again, b.get(left));
    });
  };
  if (bytes === 8) {
    step(b.wrap(data), 32);
    step(b.wrap(b.shrU(data, b.i64(32))), 32);
  } else step(data, bytes * 8);
  b.write(0, b.resize(b.get(rest), b.size(0)));
};

const immediates: readonly (readonly [number, string, BitChange])[] = [
  [4, 'bt', 'test'],
  [5, 'bts', 'set'],
  [6, 'btr', 'reset'],
  [7, 'btc', 'complement'],
];

export const bits: Family = {
  name: 'bits',
  rows: [
    row('0f a3 /r', 'bt', 'Ev,Gv', bitOperation('test')),
    row('0f ab /r', 'bts', 'Ev,Gv', bitOperation('set'), { lockable: true }),
    row('0f b3 /r', 'btr', 'Ev,Gv', bitOperation('reset'), { lockable: true }),
    row('0f bb /r', 'btc', 'Ev,Gv', bitOperation('complement'), { lockable: true }),
    ...immediates.map(([reg, name, change]) =>
      row(`0f ba /${reg}`, name, 'Ev,Ib', bitOperation(change), { lockable: change !== 'test' }),
    ),
    row('f3 0f bc /r', 'tzcnt', 'Gv,Ev', count(true), { feature: 'bmi1' }),
    row('f3 0f bd /r', 'lzcnt', 'Gv,Ev', count(false), { feature: 'lzcnt' }),
    row('0f bc /r', 'bsf', 'Gv,Ev', scan(true)),
    row('0f bd /r', 'bsr', 'Gv,Ev', scan(false)),
    row('f3 0f b8 /r', 'popcnt', 'Gv,Ev', populationCount, { feature: 'popcnt' }),
    row('f2 0f 38 f0 /r', 'crc32', 'Gy,Eb', crc32, { feature: 'sse42' }),
    row('f2 0f 38 f1 /r', 'crc32', 'Gy,Ev', crc32, { feature: 'sse42' }),
  ],
};
