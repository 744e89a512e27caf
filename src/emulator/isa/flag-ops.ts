/** Instructions on single flags: CLC/STC/CMC, CLD/STD, CLI/STI, LAHF/SAHF, SALC, and the BCD adjusts. */
import { DF, IF } from './eflags.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, row, type Semantics } from './row.js';

const GENERAL_PROTECTION = 13;

const setEflagsBit =
  (bit: number, value: boolean): Semantics =>
  (b) => {
    const old = b.state('eflags');
    b.setState('eflags', value ? b.or(old, b.i32(bit)) : b.and(old, b.i32(~bit)));
  };

/** CLI and STI need CPL <= IOPL (virtual-8086 mode runs at CPL 3, so the same test serves). */
function requireIoPrivilege(b: InstructionBuilder): void {
  const iopl = b.and(b.shrU(b.state('eflags'), b.i32(12)), b.i32(3));
  b.raiseIf(b.compare('gtU', b.state('cpl'), iopl), GENERAL_PROTECTION, 0);
}

const clearInterrupts: Semantics = (b) => {
  requireIoPrivilege(b);
  b.setState('eflags', b.and(b.state('eflags'), b.i32(~IF)));
};

/** After STI that opens IF the next instruction runs before any interrupt (SDM volume 2, "STI"). */
const setInterrupts: Semantics = (b) => {
  requireIoPrivilege(b);
  const old = b.state('eflags');
  b.if(b.eqz(b.and(old, b.i32(IF))), () => {
    b.setState('eflags', b.or(old, b.i32(IF)));
    b.setState('shadowUntil', b.add(b.instructionCount(), b.i64(2)));
  });
  b.endBlock(false);
};

const loadAh: Semantics = (b) => b.setGpr(0, 1, b.let(b.or(b.and(b.statusFlags(), b.i32(0xd5)), b.i32(2))), true);

const storeAh: Semantics = (b) => {
  const overflow = b.let(b.condition(0));
  const low = b.and(b.gpr(0, 1, true), b.i32(0xd5));
  b.setStatusFlags(b.let(b.or(low, b.shl(overflow, b.i32(11)))));
};

const setAlOnCarry: Semantics = (b) => b.setGpr(0, 1, b.let(b.and(b.sub(b.i32(0), b.carry()), b.i32(0xff))));

/** DAA / DAS (SDM volume 2). OF is undefined; it is cleared. */
function decimalAdjust(subtract: boolean): Semantics {
  return (b) => {
    const flags = b.let(b.statusFlags());
    const al = b.let(b.gpr(0, 1));
    const low = b.let(
      b.or(b.compare('gtU', b.and(al, b.i32(15)), b.i32(9)), b.ne(b.and(flags, b.i32(0x10)), b.i32(0))),
    );
    const high = b.let(b.or(b.compare('gtU', al, b.i32(0x99)), b.and(flags, b.i32(1))));
    const amount = b.let(b.add(b.mul(low, b.i32(6)), b.mul(high, b.i32(0x60))));
    const result = b.let(b.truncate(subtract ? b.sub(al, amount) : b.add(al, amount), 1));
    // DAS: a borrow of the low adjustment sets CF too.
    const carry = subtract ? b.let(b.or(high, b.and(low, b.ltU(al, b.i32(6))))) : high;
    b.setFlags('logic', 1, result, result, result);
    const status = b.let(b.and(b.statusFlags(), b.i32(~0x811)));
    b.setStatusFlags(b.let(b.or(b.or(status, carry), b.shl(low, b.i32(4)))));
    b.setGpr(0, 1, result);
  };
}

/** AAA / AAS: AX moves by 0x106 when the low digit overflows (SDM volume 2); other flags as processors set them. */
function asciiAdjust(subtract: boolean): Semantics {
  return (b) => {
    const flags = b.let(b.statusFlags());
    const ax = b.let(b.gpr(0, 2));
    const digit = b.and(ax, b.i32(15));
    const over = b.let(b.or(b.compare('gtU', digit, b.i32(9)), b.ne(b.and(flags, b.i32(0x10)), b.i32(0))));
    const amount = b.mul(over, b.i32(0x106));
    const moved = b.let(b.truncate(subtract ? b.sub(ax, amount) : b.add(ax, amount), 2));
    const result = b.let(b.and(moved, b.i32(0xff0f)));
    const al = b.let(b.and(result, b.i32(0xff)));
    b.setFlags('logic', 1, al, al, al);
    const status = b.let(b.and(b.statusFlags(), b.i32(~0x811)));
    b.setStatusFlags(b.let(b.or(b.or(status, over), b.shl(over, b.i32(4)))));
    b.setGpr(0, 2, result);
  };
}

export const flagOps: Family = {
  name: 'flag-ops',
  rows: [
    row('f8', 'clc', '', (b) => b.setCarry(b.i32(0))),
    row('f9', 'stc', '', (b) => b.setCarry(b.i32(1))),
    row('f5', 'cmc', '', (b) => b.setCarry(b.let(b.condition(3)))),
    row('fc', 'cld', '', setEflagsBit(DF, false)),
    row('fd', 'std', '', setEflagsBit(DF, true)),
    row('fa', 'cli', '', clearInterrupts),
    row('fb', 'sti', '', setInterrupts, { ends: true }),
    row('9f', 'lahf', '', loadAh),
    row('9e', 'sahf', '', storeAh),
    row('d6', 'salc', '', setAlOnCarry, { mode: 'legacy' }),
    row('27', 'daa', '', decimalAdjust(false), { mode: 'legacy' }),
    row('2f', 'das', '', decimalAdjust(true), { mode: 'legacy' }),
    row('37', 'aaa', '', asciiAdjust(false), { mode: 'legacy' }),
    row('3f', 'aas', '', asciiAdjust(true), { mode: 'legacy' }),
  ],
};
