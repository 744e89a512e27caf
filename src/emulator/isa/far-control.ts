/** Far transfers, interrupts and system calls (SDM volume 2): rows over helpers that choose the next RIP themselves. */
import type { Value } from '../codegen/value.js';
import { number, operandSize, SEQUENTIAL, wide } from './helper-rows.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type RowOptions, row, type Semantics } from './row.js';

/** A helper that sets RIP itself. */
const TRANSFER: RowOptions = { interpreterOnly: true, ends: true };
const BRANCH: RowOptions = { ...TRANSFER, classes: ['branch'] };
const CALL: RowOptions = { ...TRANSFER, classes: ['branch', 'call'] };
const RETURN: RowOptions = { ...TRANSFER, classes: ['branch', 'return'] };
const KERNEL_RETURN: RowOptions = { ...TRANSFER, classes: ['branch', 'return', 'privileged'] };
const INTERRUPT: RowOptions = { ...TRANSFER, classes: ['interrupt'] };

/** Calls a helper that chose the next RIP. */
function transfer(name: string, args: (b: InstructionBuilder) => Value[] = () => []): Semantics {
  return (b) => {
    b.host(name, ...args(b));
    b.leave();
  };
}

/** The same for frequent ones: the helper has made the mode known, so that the next block can run at once. */
function arrival(name: string, args: (b: InstructionBuilder) => Value[] = () => []): Semantics {
  return (b) => {
    b.host(name, ...args(b));
    b.arrive();
  };
}

/** IRET. A kernel makes hundreds of thousands of them, so the usual one finds its frame already popped. */
const interruptReturn: Semantics = (b) => {
  if (b.mode.codeSize !== 8 || b.operandSize !== 8) transfer('interruptReturn', () => [operandSize(b)])(b);
  else arrival('interruptReturnLong', () => [0, 8, 16, 24, 32].map((offset) => b.top(8, offset)))(b);
};

/** Far pointer in memory: selector behind the offset. */
function farPointer(b: InstructionBuilder, i: number): Value[] {
  const size = b.operandSize;
  const offset = b.load(i, size === 8 ? 'i64' : 'i32', size);
  const selector = b.load(i, 'i32', 2, size);
  return [b.widen(selector), b.widen(offset), operandSize(b)];
}

export const farControl: Family = {
  name: 'far-control',
  rows: [
    row(
      'ea',
      'jmp far',
      'Ap',
      transfer('farJump', (b) => [wide(b, 1), wide(b, 0), operandSize(b)]),
      {
        ...BRANCH,
        mode: 'legacy',
      },
    ),
    row(
      '9a',
      'call far',
      'Ap',
      transfer('farCall', (b) => [wide(b, 1), wide(b, 0), operandSize(b)]),
      {
        ...CALL,
        mode: 'legacy',
      },
    ),
    row(
      'ff /5',
      'jmp far',
      'M',
      transfer('farJump', (b) => farPointer(b, 0)),
      BRANCH,
    ),
    row(
      'ff /3',
      'call far',
      'M',
      transfer('farCall', (b) => farPointer(b, 0)),
      CALL,
    ),
    row(
      'cb',
      'retf',
      '',
      transfer('farReturn', (b) => [number(b, 0), operandSize(b)]),
      RETURN,
    ),
    row(
      'ca',
      'retf',
      'Iw',
      transfer('farReturn', (b) => [b.and(wide(b, 0), b.i64(0xffff)), operandSize(b)]),
      RETURN,
    ),
    row('cf', 'iret', '', interruptReturn, { ...TRANSFER, classes: ['return'] }),
    row(
      'cc',
      'int3',
      '',
      transfer('softwareInterrupt', (b) => [number(b, 3), number(b, 1)]),
      INTERRUPT,
    ),
    row(
      'cd',
      'int',
      'Ib',
      transfer('softwareInterrupt', (b) => [b.and(wide(b, 0), b.i64(0xff)), number(b, 0)]),
      INTERRUPT,
    ),
    row(
      'ce',
      'into',
      '',
      transfer('interruptOnOverflow', (b) => [b.widen(b.condition(0))]),
      { ...SEQUENTIAL, mode: 'legacy', classes: ['interrupt'] },
    ),
    row(
      'f1',
      'int1',
      '',
      transfer('softwareInterrupt', (b) => [number(b, 1), number(b, 2)]),
      INTERRUPT,
    ),
    row('0f 05', 'syscall', '', arrival('systemCall'), { ...CALL, feature: 'syscall' }),
    row(
      '0f 07',
      'sysret',
      '',
      arrival('systemReturn', (b) => [operandSize(b)]),
      { ...KERNEL_RETURN, feature: 'syscall' },
    ),
    row('0f 34', 'sysenter', '', arrival('systemEnter'), { ...CALL, feature: 'sep' }),
    row(
      '0f 35',
      'sysexit',
      '',
      arrival('systemExit', (b) => [operandSize(b)]),
      { ...KERNEL_RETURN, feature: 'sep' },
    ),
  ],
};
