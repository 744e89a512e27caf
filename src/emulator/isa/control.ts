/** Near control flow: JMP, Jcc, CALL, RET, LOOP, JCXZ (SDM volume 2). Far transfers are in system.ts. */
import type { Value } from '../codegen/value.js';
import { CONDITION_NAMES } from './conditions.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type RowOptions, row, type Semantics } from './row.js';

const BRANCH: RowOptions = { ends: true, wide: 'force', classes: ['branch'] };
const CONDITIONAL: RowOptions = { ...BRANCH, classes: ['branch', 'conditional'] };
const CALL: RowOptions = { ...BRANCH, classes: ['branch', 'call'] };
const RETURN: RowOptions = { ...BRANCH, classes: ['branch', 'return'] };

const jumpRelative: Semantics = (b) => b.jumpRelative(0);

function jumpOn(code: number): Semantics {
  return (b) => b.jumpRelativeIf(b.condition(code), 0);
}

/** A target that is no canonical address is the branch's own fault: RIP and the stack stay. */
function requireCanonicalTarget(b: InstructionBuilder, target: Value): void {
  if (b.mode.codeSize === 8) b.requireCanonical(target);
}

const jumpIndirect: Semantics = (b) => {
  const target = b.let(b.widen(b.read(0)));
  requireCanonicalTarget(b, target);
  b.jump(target);
};

function pushReturn(b: InstructionBuilder): void {
  const size = b.operandSize;
  b.push(b.resize(b.nextRip(), size), size);
}

const callRelative: Semantics = (b) => {
  pushReturn(b);
  b.jumpRelative(0);
};

const callIndirect: Semantics = (b) => {
  const target = b.let(b.widen(b.read(0)));
  requireCanonicalTarget(b, target);
  pushReturn(b);
  b.jump(target);
};

function returnNear(releases: boolean): Semantics {
  return (b) => {
    const size = b.operandSize;
    const target = b.let(b.widen(b.top(size)));
    requireCanonicalTarget(b, target);
    const extra = releases ? b.and(b.widen(b.read(0)), b.i64(0xffff)) : b.i64(0);
    b.setStack(b.add(b.add(b.gpr(4, 8), b.i64(size)), extra));
    b.jump(target);
  };
}

/** LOOP, LOOPE, LOOPNE: the counter is rCX at the address size. */
function loop(alsoIf: 'always' | 'equal' | 'different'): Semantics {
  return (b) => {
    const size = b.instruction.addressSize;
    const count = b.let(b.resize(b.sub(b.gpr(1, size), b.constant(size, 1)), size));
    let taken: Value = b.ne(count, b.constant(size, 0));
    if (alsoIf !== 'always') taken = b.and(taken, b.condition(alsoIf === 'equal' ? 4 : 5));
    const fixed = b.let(taken);
    b.setGpr(1, size, count);
    b.jumpRelativeIf(fixed, 0);
  };
}

const jumpIfCountZero: Semantics = (b) => {
  const size = b.instruction.addressSize;
  b.jumpRelativeIf(b.eqz(b.gpr(1, size)), 0);
};

export const control: Family = {
  name: 'control',
  rows: [
    row('e9', 'jmp', 'Jz', jumpRelative, BRANCH),
    row('eb', 'jmp', 'Jb', jumpRelative, BRANCH),
    row('ff /4', 'jmp', 'Ev', jumpIndirect, BRANCH),
    row('e8', 'call', 'Jz', callRelative, CALL),
    row('ff /2', 'call', 'Ev', callIndirect, CALL),
    row('c3', 'ret', '', returnNear(false), RETURN),
    row('c2', 'ret', 'Iw', returnNear(true), RETURN),
    ...CONDITION_NAMES.flatMap((name, code) => [
      row(`${(0x70 + code).toString(16)}`, `j${name}`, 'Jb', jumpOn(code), CONDITIONAL),
      row(`0f ${(0x80 + code).toString(16)}`, `j${name}`, 'Jz', jumpOn(code), CONDITIONAL),
    ]),
    row('e0', 'loopne', 'Jb', loop('different'), CONDITIONAL),
    row('e1', 'loope', 'Jb', loop('equal'), CONDITIONAL),
    row('e2', 'loop', 'Jb', loop('always'), CONDITIONAL),
    row('e3', 'jrcxz', 'Jb', jumpIfCountZero, CONDITIONAL),
  ],
};
