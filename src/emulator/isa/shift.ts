/** Shifts and rotates, SHLD/SHRD (SDM volume 2, "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR"). */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type Row, row, type Semantics } from './row.js';

type ShiftKind = 'shl' | 'shr' | 'sar';

/** The count in operand `i`, masked to 5 or 6 bits, as an i32. */
function maskedCount(b: InstructionBuilder, size: number, i: number): Value {
  return b.and(b.wrap(b.read(i)), b.i32(size === 8 ? 63 : 31));
}

function shifted(b: InstructionBuilder, kind: ShiftKind, size: number, value: Value, count: Value): Value {
  const n = size === 8 ? b.widen(count) : count;
  if (kind === 'shl') return b.truncate(b.shl(value, n), size);
  if (kind === 'shr') return b.shrU(value, n);
  return b.truncate(b.shrS(b.signExtend(value, size), n), size);
}

/** Runs `body` unless the count is zero; decided now when the count is a constant. */
function unlessZero(b: InstructionBuilder, count: Value, body: () => void): void {
  if (count.isNumber(0)) return;
  if (count.isConst) body();
  else b.ifFlags(b.ne(count, b.i32(0)), body);
}

function shift(kind: ShiftKind): Semantics {
  return (b) => {
    const size = b.size(0);
    const count = b.let(maskedCount(b, size, 1));
    const apply = (old: Value): Value => {
      const result = b.let(shifted(b, kind, size, old, count));
      if (b.flagsUnused) return result;
      const wide = size === 8 ? b.widen(count) : count;
      unlessZero(b, count, () => b.setFlags(kind, size, old, b.let(wide), result));
      return result;
    };
    b.update(0, apply);
  };
}

function rotateBits(b: InstructionBuilder, left: boolean, size: number, value: Value, count: Value): Value {
  if (size >= 4) {
    const n = size === 8 ? b.widen(count) : count;
    return left ? b.rotl(value, n) : b.rotr(value, n);
  }
  // A byte or word repeated through 32 bits rotates as a whole.
  const spread = size === 1 ? b.mul(value, b.i32(0x01010101)) : b.mul(value, b.i32(0x00010001));
  return b.truncate(left ? b.rotl(spread, count) : b.rotr(spread, count), size);
}

const lowBit = (b: InstructionBuilder, value: Value): Value => b.and(b.wrap(value), b.i32(1));

function bitAt(b: InstructionBuilder, value: Value, index: number): Value {
  return lowBit(b, b.shrU(value, b.int(value.type, index)));
}

function rotate(left: boolean): Semantics {
  return (b) => {
    const size = b.size(0);
    const bits = size * 8;
    const count = b.let(maskedCount(b, size, 1));
    b.update(0, (old) => {
      const result = b.let(rotateBits(b, left, size, old, count));
      if (b.flagsUnused) return result;
      unlessZero(b, count, () => {
        if (left) {
          const carry = b.let(lowBit(b, result));
          b.setCarryOverflow(carry, b.xor(bitAt(b, result, bits - 1), carry));
        } else {
          const top = b.let(bitAt(b, result, bits - 1));
          b.setCarryOverflow(top, b.xor(top, bitAt(b, result, bits - 2)));
        }
      });
      return result;
    });
  };
}

/** RCL/RCR: bit by bit, as rare as they are. */
function rotateThroughCarry(left: boolean): Semantics {
  return (b) => {
    const size = b.size(0);
    const bits = size * 8;
    const masked = b.let(maskedCount(b, size, 1));
    const count = b.let(size < 4 ? b.remU(masked, b.i32(bits + 1)) : masked);
    b.update(0, (old) => {
      const value = b.temp(old.type);
      const carry = b.temp('i32');
      const rest = b.temp('i32');
      b.set(value, old);
      b.set(carry, b.carry());
      b.set(rest, count);
      b.block((done) => {
        b.loop((again) => {
          b.branchIf(done, b.eqz(b.get(rest)));
          const now = b.get(value);
          const out = b.let(left ? bitAt(b, now, bits - 1) : lowBit(b, now));
          const into = b.resize(b.get(carry), size);
          const one = b.constant(size, 1);
          if (left) b.set(value, b.truncate(b.or(b.shl(now, one), into), size));
          else b.set(value, b.or(b.shrU(now, one), b.shl(into, b.constant(size, bits - 1))));
          b.set(carry, out);
          b.set(rest, b.sub(b.get(rest), b.i32(1)));
          b.branch(again);
        });
      });
      const result = b.let(b.get(value));
      unlessZero(b, count, () => {
        const top = b.let(bitAt(b, result, bits - 1));
        const other = left ? b.get(carry) : bitAt(b, result, bits - 2);
        b.setCarryOverflow(b.get(carry), b.xor(top, other));
      });
      return result;
    });
  };
}

/** SHLD/SHRD: operand 0 shifted, bits come in from operand 1; the count is operand 2. */
function doubleShift(left: boolean): Semantics {
  return (b) => {
    const size = b.size(0);
    const bits = size * 8;
    const source = b.let(b.read(1));
    const count = b.let(maskedCount(b, size, 2));
    b.update(0, (old) => {
      const result = b.temp(old.type);
      b.set(result, old);
      unlessZero(b, count, () => {
        const n = size === 8 ? b.let(b.widen(count)) : count;
        if (size === 2) {
          // dest:source (or source:dest) as one 32-bit value; counts above 16 are undefined, processors rotate on.
          const [high, low] = left ? [old, source] : [source, old];
          const pair = b.let(b.or(b.shl(high, b.i32(16)), low));
          const out = left ? b.shrU(b.rotl(pair, n), b.i32(16)) : b.rotr(pair, n);
          b.set(result, b.truncate(b.and(left ? b.shrU(b.shl(pair, n), b.i32(16)) : out, b.i32(0xffff)), 2));
        } else {
          const other = b.sub(b.int(old.type, bits), n);
          if (left) b.set(result, b.or(b.shl(old, n), b.shrU(source, other)));
          else b.set(result, b.or(b.shrU(old, n), b.shl(source, other)));
        }
        b.setFlags(left ? 'shl' : 'shrd', size, old, n, b.let(b.get(result)));
      });
      return b.get(result);
    });
  };
}

const groups: readonly (readonly [number, string, Semantics])[] = [
  [0, 'rol', rotate(true)],
  [1, 'ror', rotate(false)],
  [2, 'rcl', rotateThroughCarry(true)],
  [3, 'rcr', rotateThroughCarry(false)],
  [4, 'shl', shift('shl')],
  [5, 'shr', shift('shr')],
  [6, 'shl', shift('shl')],
  [7, 'sar', shift('sar')],
];

const grouped = groups.flatMap(([reg, name, run]): Row[] => [
  row(`c0 /${reg}`, name, 'Eb,Ib', run),
  row(`c1 /${reg}`, name, 'Ev,Ib', run),
  row(`d0 /${reg}`, name, 'Eb,1', run),
  row(`d1 /${reg}`, name, 'Ev,1', run),
  row(`d2 /${reg}`, name, 'Eb,CL', run),
  row(`d3 /${reg}`, name, 'Ev,CL', run),
]);

export const shifts: Family = {
  name: 'shift',
  rows: [
    ...grouped,
    row('0f a4 /r', 'shld', 'Ev,Gv,Ib', doubleShift(true)),
    row('0f a5 /r', 'shld', 'Ev,Gv,CL', doubleShift(true)),
    row('0f ac /r', 'shrd', 'Ev,Gv,Ib', doubleShift(false)),
    row('0f ad /r', 'shrd', 'Ev,Gv,CL', doubleShift(false)),
  ],
};
