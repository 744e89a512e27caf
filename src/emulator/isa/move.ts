/** Data movement: MOV, MOVZX/MOVSX, LEA, XCHG, XADD, CMPXCHG, CMOVcc, SETcc, BSWAP, sign extension, MOVBE, XLAT. */
import type { Value } from '../codegen/value.js';
import { CONDITION_NAMES } from './conditions.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';

const move: Semantics = (b) => b.write(0, b.read(1));

const exchange: Semantics = (b) => {
  const other = b.let(b.read(1));
  let old: Value | undefined;
  b.update(0, (value) => {
    old = value;
    return other;
  });
  b.write(1, old as Value);
};

const zeroExtend: Semantics = (b) => b.write(0, b.resize(b.read(1), b.size(0)));
const signExtend: Semantics = (b) => b.write(0, b.resizeSigned(b.read(1), b.size(1), b.size(0)));

const loadAddress: Semantics = (b) => {
  b.write(0, b.resize(b.effectiveAddress(1), b.size(0)));
};

const exchangeAdd: Semantics = (b) => {
  const size = b.size(0);
  const addend = b.let(b.read(1));
  let old: Value | undefined;
  let result: Value | undefined;
  b.update(0, (value) => {
    old = value;
    result = b.let(b.truncate(b.add(value, addend), size));
    b.setFlags('add', size, value, addend, result);
    return result;
  });
  b.write(1, old as Value);
  // With the same register twice the destination wins.
  if (!b.isMemory(0)) b.write(0, result as Value);
};

/** CMPXCHG writes its destination in any case (SDM volume 2), so a read-only page faults even when unequal. */
const compareExchange: Semantics = (b) => {
  const size = b.size(0);
  const source = b.let(b.read(1));
  const accumulator = b.let(b.gpr(0, size));
  let old: Value | undefined;
  const compare = (value: Value): Value => {
    old = value;
    const result = b.let(b.truncate(b.sub(accumulator, value), size));
    b.setFlags('sub', size, accumulator, value, result);
    return b.let(b.select(b.eq(accumulator, value), source, value));
  };
  if (b.isMemory(0)) b.update(0, compare);
  else {
    // An unequal register keeps its upper half: it is not written at all.
    const value = b.let(b.read(0));
    const result = compare(value);
    b.if(b.eq(accumulator, value), () => b.write(0, result));
  }
  b.if(b.ne(accumulator, old as Value), () => b.setGpr(0, size, old as Value));
};

/** CMPXCHG8B / CMPXCHG16B: only ZF changes. */
function compareExchangePair(half: 4 | 8): Semantics {
  return (b) => {
    if (half === 8) b.requireAligned(0, 16);
    const [eax, edx] = [b.let(b.gpr(0, half)), b.let(b.gpr(2, half))];
    const [ebx, ecx] = [b.let(b.gpr(3, half)), b.let(b.gpr(1, half))];
    const equal = b.temp('i32');
    let low: Value | undefined;
    let high: Value | undefined;
    if (half === 4) {
      b.update(0, (old) => {
        const expected = b.or(b.shl(b.widen(edx), b.i64(32)), b.widen(eax));
        const desired = b.or(b.shl(b.widen(ecx), b.i64(32)), b.widen(ebx));
        b.set(equal, b.eq(old, expected));
        low = b.let(b.wrap(old));
        high = b.let(b.wrap(b.shrU(old, b.i64(32))));
        return b.let(b.select(b.get(equal), desired, old));
      });
    } else {
      b.update(0, (old) => {
        low = b.let(b.op('i64', 0xfd001d, old, undefined, 0));
        high = b.let(b.op('i64', 0xfd001d, old, undefined, 1));
        b.set(equal, b.and(b.eq(low, eax), b.eq(high, edx)));
        const splat = b.op('v128', 0xfd0012, ebx);
        const desired = b.op('v128', 0xfd001e, splat, ecx, 1);
        return b.let(b.select(b.get(equal), desired, old));
      });
    }
    const flags = b.let(b.and(b.statusFlags(), b.i32(~0x40)));
    b.setStatusFlags(b.or(flags, b.shl(b.get(equal), b.i32(6))));
    b.if(b.eqz(b.get(equal)), () => {
      b.setGpr(0, half, low as Value);
      b.setGpr(2, half, high as Value);
    });
  };
}

function swapBytes(b: InstructionBuilder, value: Value, size: number): Value {
  if (size === 2) return b.truncate(b.or(b.shl(value, b.i32(8)), b.shrU(value, b.i32(8))), 2);
  if (size === 4) {
    const even = b.and(b.rotl(value, b.i32(8)), b.i32(0x00ff00ff));
    return b.or(even, b.and(b.rotr(value, b.i32(8)), b.i32(0xff00ff00 | 0)));
  }
  const low = b.let(swapBytes(b, b.let(b.wrap(value)), 4));
  const high = b.let(swapBytes(b, b.let(b.wrap(b.shrU(value, b.i64(32)))), 4));
  return b.or(b.shl(b.widen(low), b.i64(32)), b.widen(high));
}

const byteSwap: Semantics = (b) => {
  // With a 16-bit operand the result is undefined; processors give 0.
  if (b.size(0) === 2) b.write(0, b.i32(0));
  else b.write(0, b.let(swapBytes(b, b.let(b.read(0)), b.size(0))));
};

const moveSwapped: Semantics = (b) => b.write(0, b.let(swapBytes(b, b.let(b.read(1)), b.size(0))));

/** CMOVcc loads its source in any case; a 32-bit destination is zero-extended even when the condition fails. */
function conditionalMove(code: number): Semantics {
  return (b) => {
    const source = b.let(b.read(1));
    b.write(0, b.let(b.select(b.let(b.condition(code)), source, b.read(0))));
  };
}

function setOn(code: number): Semantics {
  return (b) => b.write(0, b.condition(code));
}

/** CBW/CWDE/CDQE and CWD/CDQ/CQO. */
const widenAccumulator: Semantics = (b) => {
  const size = b.operandSize;
  b.setGpr(0, size, b.let(b.resizeSigned(b.gpr(0, size / 2), size / 2, size)));
};
const signIntoDx: Semantics = (b) => {
  const size = b.operandSize;
  const value = b.signExtend(b.gpr(0, size), size);
  const type = size === 8 ? b.i64(63) : b.i32(31);
  b.setGpr(2, size, b.let(b.truncate(b.shrS(value, type), size)));
};

const translateByte: Semantics = (b) => {
  const { addressSize, segment } = b.instruction;
  const offset = b.offsetIn(addressSize, b.add(b.gpr(3, 8), b.widen(b.gpr(0, 1))));
  b.setGpr(0, 1, b.loadAt(segment, offset, 1));
};

const nothing: Semantics = () => {};

export const moves: Family = {
  name: 'move',
  rows: [
    row('88 /r', 'mov', 'Eb,Gb', move),
    row('89 /r', 'mov', 'Ev,Gv', move),
    row('8a /r', 'mov', 'Gb,Eb', move),
    row('8b /r', 'mov', 'Gv,Ev', move),
    row('a0', 'mov', 'AL,Ob', move),
    row('a1', 'mov', 'rAX,Ov', move),
    row('a2', 'mov', 'Ob,AL', move),
    row('a3', 'mov', 'Ov,rAX', move),
    row('b0+r', 'mov', 'Zb,Ib', move),
    row('b8+r', 'mov', 'Zv,Iv', move),
    row('c6 /0', 'mov', 'Eb,Ib', move),
    row('c7 /0', 'mov', 'Ev,Iz', move),
    row('86 /r', 'xchg', 'Eb,Gb', exchange, { lockable: true }),
    row('87 /r', 'xchg', 'Ev,Gv', exchange, { lockable: true }),
    row('NP 90 noRexB', 'nop', '', nothing),
    row('f2 90 noRexB', 'nop', '', nothing),
    row('90+r', 'xchg', 'Zv,rAX', exchange),
    row('0f b6 /r', 'movzx', 'Gv,Eb', zeroExtend),
    row('0f b7 /r', 'movzx', 'Gv,Ew', zeroExtend),
    row('0f be /r', 'movsx', 'Gv,Eb', signExtend),
    row('0f bf /r', 'movsx', 'Gv,Ew', signExtend),
    row('63 /r', 'movsxd', 'Gv,Ez', signExtend, { mode: '64' }),
    row('8d /r', 'lea', 'Gv,M', loadAddress),
    row('0f c0 /r', 'xadd', 'Eb,Gb', exchangeAdd, { lockable: true }),
    row('0f c1 /r', 'xadd', 'Ev,Gv', exchangeAdd, { lockable: true }),
    row('0f b0 /r', 'cmpxchg', 'Eb,Gb', compareExchange, { lockable: true }),
    row('0f b1 /r', 'cmpxchg', 'Ev,Gv', compareExchange, { lockable: true }),
    row('0f c7 /1 W0', 'cmpxchg8b', 'Mq', compareExchangePair(4), { lockable: true, feature: 'cx8' }),
    row('0f c7 /1 W1', 'cmpxchg16b', 'Mdq', compareExchangePair(8), { lockable: true, feature: 'cx16' }),
    row('0f c8+r', 'bswap', 'Zv', byteSwap),
    row('0f 38 f0 /r', 'movbe', 'Gv,Mv', moveSwapped, { feature: 'movbe' }),
    row('0f 38 f1 /r', 'movbe', 'Mv,Gv', moveSwapped, { feature: 'movbe' }),
    ...CONDITION_NAMES.map((name, code) =>
      row(`0f ${(0x40 + code).toString(16)} /r`, `cmov${name}`, 'Gv,Ev', conditionalMove(code), { feature: 'cmov' }),
    ),
    ...CONDITION_NAMES.map((name, code) => row(`0f ${(0x90 + code).toString(16)} /r`, `set${name}`, 'Eb', setOn(code))),
    row('98', 'cbw', '', widenAccumulator),
    row('99', 'cwd', '', signIntoDx),
    row('d7', 'xlat', '', translateByte),
    row('0f 1f /r', 'nop', 'Ev', nothing),
    row('0f 0d /1', 'prefetchw', 'Mb', nothing),
    row('0f 0d /2', 'prefetchwt1', 'Mb', nothing),
    row('0f 0d /r', 'prefetch', 'Mb', nothing),
    row('0f 18 /0', 'prefetchnta', 'Mb', nothing),
    row('0f 18 /1', 'prefetcht0', 'Mb', nothing),
    row('0f 18 /2', 'prefetcht1', 'Mb', nothing),
    row('0f 18 /3', 'prefetcht2', 'Mb', nothing),
    row('0f 18 /r', 'nop', 'Ev', nothing),
    row('0f 19 /r', 'nop', 'Ev', nothing),
    row('0f 1a /r', 'nop', 'Ev', nothing),
    row('0f 1b /r', 'nop', 'Ev', nothing),
    row('0f 1c /r', 'nop', 'Ev', nothing),
    row('0f 1d /r', 'nop', 'Ev', nothing),
    row('f3 0f 1e fa', 'endbr64', '', nothing),
    row('f3 0f 1e fb', 'endbr32', '', nothing),
    row('0f 1e /r', 'nop', 'Ev', nothing),
    row('np 0f ae /5 mod3', 'lfence', '', nothing, { feature: 'sse2' }),
    row('np 0f ae /6 mod3', 'mfence', '', nothing, { feature: 'sse2' }),
    row('np 0f ae /7 mod3', 'sfence', '', nothing, { feature: 'sse' }),
    row('NP 0f ae /7', 'clflush', 'Mb', (b) => void b.let(b.read(0)), { feature: 'clflush' }),
    row('66 0f ae /7', 'clflushopt', 'Mb', (b) => void b.let(b.read(0)), { feature: 'clflushopt' }),
    row('66 0f ae /6', 'clwb', 'Mb', (b) => void b.let(b.read(0)), { feature: 'clwb' }),
    row('np 0f c3 /r', 'movnti', 'My,Gy', move, { feature: 'sse2' }),
  ],
};
