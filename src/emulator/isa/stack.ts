/** PUSH, POP, PUSHA/POPA, ENTER, LEAVE, PUSHF/POPF (SDM volume 2). Segment forms are in segments.ts. */
import type { Value } from '../codegen/value.js';
import { type InstructionBuilder, SEGMENT } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';

const push: Semantics = (b) => b.push(b.read(0), b.operandSize);

/** PUSH imm8 and imm16/32: the immediate is extended to the operand size by the decoder. */
const pushImmediate: Semantics = (b) => b.push(b.read(0), b.operandSize);

const pop: Semantics = (b) => {
  const size = b.operandSize;
  const value = b.top(size);
  if (b.isMemory(0)) {
    b.write(0, value);
    b.adjustStack(size);
  } else {
    // POP rSP keeps the popped value, so the register is written last.
    b.adjustStack(size);
    b.write(0, value);
  }
};

const pushAll: Semantics = (b) => {
  const size = b.operandSize;
  const values = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => b.let(b.gpr(index, size)));
  values.forEach((value, index) => {
    b.storeAt(SEGMENT.ss, b.stackOffset(-size * (index + 1)), value, size);
  });
  b.adjustStack(-size * 8);
};

const popAll: Semantics = (b) => {
  const size = b.operandSize;
  // The place of rSP is passed over (SDM volume 2, POPA).
  const order = [7, 6, 5, 3, 2, 1, 0];
  const values = order.map((index) => b.top(size, size * (7 - index)));
  order.forEach((index, i) => {
    b.setGpr(index, size, values[i] as Value);
  });
  b.adjustStack(size * 8);
};

const leave: Semantics = (b) => {
  const size = b.operandSize;
  const frame = b.let(b.gpr(5, 8));
  const value = b.loadAt(SEGMENT.ss, b.offsetIn(b.mode.stackSize, frame), size);
  b.setStack(b.add(frame, b.i64(size)));
  b.setGpr(5, size, value);
};

/** ENTER: the old frame pointer, `level - 1` outer frame pointers from below it, then the new one. */
const enter: Semantics = (b) => {
  const size = b.operandSize;
  const level = b.let(b.and(b.wrap(b.read(1)), b.i32(31)));
  const old = b.let(b.gpr(5, size));
  const frame = b.let(b.gpr(5, 8));
  const top = b.let(b.stackOffset(-size));
  const below = (base: Value, count: Value): Value =>
    b.offsetIn(b.mode.stackSize, b.sub(base, b.widen(b.mul(count, b.i32(size)))));
  b.storeAt(SEGMENT.ss, top, old, size);
  b.if(level, () => {
    const index = b.loopVariable(b.i32(1));
    b.block((done) => {
      b.loop((again) => {
        b.branchIf(done, b.compare('geU', b.get(index), level));
        const outer = b.loadAt(SEGMENT.ss, below(frame, b.get(index)), size);
        b.storeAt(SEGMENT.ss, below(top, b.get(index)), outer, size);
        b.set(index, b.add(b.get(index), b.i32(1)));
        b.branch(again);
      });
    });
    b.storeAt(SEGMENT.ss, below(top, level), b.resize(top, size), size);
  });
  const allocated = b.let(b.and(b.widen(b.read(0)), b.i64(0xffff)));
  const end = b.let(b.offsetIn(b.mode.stackSize, b.sub(below(top, level), allocated)));
  // The new top must be writable before anything changes (SDM volume 2, ENTER).
  b.probeWrite(SEGMENT.ss, end, size);
  b.setStack(end);
  b.setGpr(5, size, b.resize(top, size));
};

/** EFLAGS as PUSHF stores it: status flags from their lazy form, RF and VM as 0. */
function eflagsImage(b: InstructionBuilder): Value {
  return b.or(b.or(b.and(b.state('eflags'), b.i32(~0x30000)), b.statusFlags()), b.i32(2));
}

const AC_ID_NT_DF_TF = 0x40000 | 0x200000 | 0x4000 | 0x400 | 0x100;
const IF_BIT = 0x200;
const IOPL_BITS = 0x3000;

const pushFlags: Semantics = (b) => {
  const size = b.operandSize;
  b.requireVirtual8086Privilege();
  b.push(b.resize(b.let(eflagsImage(b)), size), size);
};

const popFlags: Semantics = (b) => {
  const size = b.operandSize;
  b.requireVirtual8086Privilege();
  const image = b.let(b.wrap(b.top(size)));
  const old = b.state('eflags');
  const cpl = b.state('cpl');
  const iopl = b.let(b.and(b.shrU(old, b.i32(12)), b.i32(3)));
  const mayIf = b.select(b.compare('leU', cpl, iopl), b.i32(IF_BIT), b.i32(0));
  const mayIopl = b.select(b.eqz(cpl), b.i32(IOPL_BITS), b.i32(0));
  const width = size === 2 ? 0xffff : -1;
  const mask = b.let(b.and(b.or(b.or(mayIf, mayIopl), b.i32(AC_ID_NT_DF_TF)), b.i32(width)));
  b.adjustStack(size);
  b.setStatusFlags(image);
  const kept = b.and(old, b.xor(mask, b.i32(-1)));
  const next = b.let(b.and(b.or(kept, b.and(image, mask)), b.i32(~0x10000)));
  b.setState('eflags', next);
  // TF and AC must leave fast code at once; a newly open IF only matters when something waits.
  b.if(b.and(next, b.i32(0x40100)), () => b.setState('attention', b.i32(1)));
  b.endBlock(false);
};

export const stack: Family = {
  name: 'stack',
  rows: [
    row('50+r', 'push', 'Zv', push, { wide: 'default' }),
    row('58+r', 'pop', 'Zv', pop, { wide: 'default' }),
    row('68', 'push', 'Iz', pushImmediate, { wide: 'default' }),
    row('6a', 'push', 'Ib', pushImmediate, { wide: 'default' }),
    row('ff /6', 'push', 'Ev', push, { wide: 'default' }),
    row('8f /0', 'pop', 'Ev', pop, { wide: 'default', popsFirst: true }),
    row('60', 'pusha', '', pushAll, { mode: 'legacy' }),
    row('61', 'popa', '', popAll, { mode: 'legacy' }),
    row('c8', 'enter', 'Iw,Ib', enter, { wide: 'default' }),
    row('c9', 'leave', '', leave, { wide: 'default' }),
    row('9c', 'pushf', '', pushFlags, { wide: 'default' }),
    row('9d', 'popf', '', popFlags, { wide: 'default', ends: true }),
  ],
};
