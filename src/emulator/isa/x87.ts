/**
 * x87 arithmetic, loads, stores, comparisons, constants. The rows marshal operands; the routines in `softfloat/` do the
 * work on the register stack. State and environment instructions are in x87-control.ts.
 */
import type { Value } from '../codegen/value.js';
import { stateAddress } from '../cpu/state-layout.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type Row, type RowOptions, row, type Semantics } from './row.js';
import { callRoutine, runRoutine } from './vector-unit.js';

export const FPU: RowOptions = { feature: 'fpu' };

/** An instruction that reports a pending exception before anything else. */
export function waiting(run: Semantics): Semantics {
  return (b) => {
    b.requireUnit('x87');
    run(b);
  };
}

/** A waiting instruction that works on data: FIP then names it, which also tells position-independent code where it is. */
export function x87(run: Semantics): Semantics {
  return waiting((b) => {
    b.setState('fpuIp', b.currentRip());
    run(b);
  });
}

const call = (b: InstructionBuilder, name: string, ...args: Value[]): Value => callRoutine(b, `x87${name}`, ...args);
const perform = (b: InstructionBuilder, name: string, ...args: Value[]): void => runRoutine(b, `x87${name}`, ...args);

/** The number of ST(i) operand `n`. */
const stackIndex = (b: InstructionBuilder, n: number): Value => b.registerAddress(n);

// ---- arithmetic ------------------------------------------------------------------------------------------------

type Operation = 'Add' | 'Multiply' | 'Subtract' | 'Divide';

/** ModRM.reg of each operation; `reversed` swaps its operands. */
const ARITHMETIC: readonly (readonly [number, string, Operation, 0 | 1])[] = [
  [0, 'fadd', 'Add', 0],
  [1, 'fmul', 'Multiply', 0],
  [4, 'fsub', 'Subtract', 0],
  [5, 'fsubr', 'Subtract', 1],
  [6, 'fdiv', 'Divide', 0],
  [7, 'fdivr', 'Divide', 1],
];

type MemoryForm = 'Double' | 'Single' | 'Integer';

/** A memory operand as the i64 that routines take: bits of a float, or a sign-extended integer. */
function memoryBits(b: InstructionBuilder, form: MemoryForm): Value {
  const value = b.read(0);
  return b.let(form === 'Integer' ? b.resizeSigned(value, b.size(0), 8) : b.widen(value));
}

const MEMORY_FORMS: readonly (readonly [string, string, MemoryForm, string])[] = [
  ['d8', 'Md', 'Single', ''],
  ['dc', 'Mq', 'Double', ''],
  ['da', 'Md', 'Integer', 'i'],
  ['de', 'Mw', 'Integer', 'i'],
];

function withMemory(operation: Operation, form: MemoryForm, reversed: 0 | 1): Semantics {
  return x87((b) => {
    perform(b, `${operation}${form}`, memoryBits(b, form), b.i32(reversed));
  });
}

/** ST(0) = ST(0) op ST(i), operands swapped when `reversed`. */
function intoTop(operation: Operation, reversed: 0 | 1): Semantics {
  return x87((b) => {
    const [zero, i] = [b.i32(0), stackIndex(b, 1)];
    perform(b, operation, ...(reversed ? [i, zero] : [zero, i]), zero, zero);
  });
}

/** ST(i) = ST(i) op ST(0), operands swapped when `reversed`; then perhaps a pop. */
function intoRegister(operation: Operation, reversed: 0 | 1, pop: 0 | 1): Semantics {
  return x87((b) => {
    const [zero, i] = [b.i32(0), stackIndex(b, 0)];
    perform(b, operation, ...(reversed ? [zero, i] : [i, zero]), i, b.i32(pop));
  });
}

function arithmeticRows(): Row[] {
  return ARITHMETIC.flatMap(([reg, name, operation, reversed]) => {
    const memory = MEMORY_FORMS.map(([opcode, operand, form, letter]) =>
      row(`${opcode} /${reg}`, name.replace('f', `f${letter}`), operand, withMemory(operation, form, reversed), FPU),
    );
    const modrm = (at: number): string => (0xc0 + at * 8).toString(16);
    // With ST(i) as destination the encodings of the plain and reversed forms change places.
    const swapped = reg < 4 ? reg : reg ^ 1;
    return [
      ...memory,
      row(`d8 ${modrm(reg)}+r`, name, 'ST0,STi', intoTop(operation, reversed), FPU),
      row(`dc ${modrm(swapped)}+r`, name, 'STi,ST0', intoRegister(operation, reversed, 0), FPU),
      row(`de ${modrm(swapped)}+r`, `${name}p`, 'STi,ST0', intoRegister(operation, reversed, 1), FPU),
    ];
  });
}

// ---- loads and stores ------------------------------------------------------------------------------------------

const load = (form: MemoryForm): Semantics =>
  x87((b) => {
    perform(b, `Load${form}`, memoryBits(b, form));
  });

const loadExtended = x87((b) => {
  const signExponent = b.load(0, 'i32', 2, 8);
  perform(b, 'LoadExtended', b.load(0, 'i64', 8), signExponent);
});

/** Converts, writes unless an unmasked exception forbids it, then commits flags and pops. */
function store(convert: (b: InstructionBuilder) => Value, pop: 0 | 1): Semantics {
  return x87((b) => {
    const bits = b.let(convert(b));
    b.if(call(b, 'MayStore'), () => b.write(0, b.resize(bits, b.size(0))));
    perform(b, 'CommitStore', b.i32(pop));
  });
}

const storeFloat = (form: 'Double' | 'Single', pop: 0 | 1): Semantics => store((b) => call(b, `Store${form}`), pop);
const storeInteger = (truncate: 0 | 1, pop: 0 | 1): Semantics =>
  store((b) => call(b, 'StoreInteger', b.i32(b.size(0) * 8), b.i32(truncate)), pop);

const storeExtended = x87((b) => {
  const empty = call(b, 'StoreExtendedStart');
  const at = b.let(b.shl(b.state('ftop'), b.i32(4)));
  const significand = b.loadMemory('i64', 8, at, stateAddress('fpr0'));
  const signExponent = b.loadMemory('i32', 4, at, stateAddress('fpr0') + 8);
  const low = b.let(b.select(empty, b.i64(0xc000000000000000n), significand));
  const high = b.let(b.select(empty, b.i32(0xffff), signExponent));
  b.if(call(b, 'MayStore'), () => {
    b.store(0, low, 8);
    b.store(0, high, 2, 8);
  });
  perform(b, 'CommitStore', b.i32(1));
});

const storeRegister = (pop: 0 | 1): Semantics =>
  x87((b) => {
    perform(b, 'StoreRegister', stackIndex(b, 0), b.i32(pop));
  });

/** FLD1 … FLDZ: value to nearest, and what directed rounding changes in its last place (-1: down, 1: up). */
const CONSTANTS: readonly (readonly [string, string, number, bigint, -1 | 0 | 1])[] = [
  ['e8', 'fld1', 0x3fff, 0x8000000000000000n, 0],
  ['e9', 'fldl2t', 0x4000, 0xd49a784bcd1b8afen, 1],
  ['ea', 'fldl2e', 0x3fff, 0xb8aa3b295c17f0bcn, -1],
  ['eb', 'fldpi', 0x4000, 0xc90fdaa22168c235n, -1],
  ['ec', 'fldlg2', 0x3ffd, 0x9a209a84fbcff799n, -1],
  ['ed', 'fldln2', 0x3ffe, 0xb17217f7d1cf79acn, -1],
  ['ee', 'fldz', 0, 0n, 0],
];

function loadConstant(signExponent: number, significand: bigint, direction: -1 | 0 | 1): Semantics {
  return x87((b) => {
    const rounding = b.let(b.and(b.shrU(b.state('fcw'), b.i32(10)), b.i32(3)));
    // Rounding control 2 is up; 1 and 3 are down for a positive number.
    const changes = direction > 0 ? b.eq(rounding, b.i32(2)) : b.and(rounding, b.i32(1));
    const nearest = b.i64(significand);
    const value = direction === 0 ? nearest : b.add(nearest, b.mul(b.widen(changes), b.i64(direction)));
    perform(b, 'LoadExtended', b.let(value), b.i32(signExponent));
  });
}

// ---- comparisons -------------------------------------------------------------------------------------------------

const compareMemory = (form: MemoryForm, pops: number): Semantics =>
  x87((b) => {
    perform(b, `Compare${form}`, memoryBits(b, form), b.i32(pops));
  });

const compare = (quiet: 0 | 1, pops: number): Semantics =>
  x87((b) => {
    perform(b, 'Compare', stackIndex(b, 1), b.i32(quiet), b.i32(pops));
  });

/** FCOMPP and FUCOMPP compare with ST(1). */
const compareTwo = (quiet: 0 | 1): Semantics =>
  x87((b) => {
    perform(b, 'Compare', b.i32(1), b.i32(quiet), b.i32(2));
  });

const compareFlags = (quiet: 0 | 1, pops: number): Semantics =>
  x87((b) => {
    b.setStatusFlags(call(b, 'CompareFlags', stackIndex(b, 1), b.i32(quiet), b.i32(pops)));
  });

/** FCMOVcc by condition code: B, E, BE, U and their opposites. */
function conditionalMoves(): Row[] {
  const forms = [
    ['c0', 'b', 2],
    ['c8', 'e', 4],
    ['d0', 'be', 6],
    ['d8', 'u', 10],
  ] as const;
  return forms.flatMap(([modrm, suffix, code]) =>
    ([0, 1] as const).map((negated) => {
      const run = x87((b) => {
        perform(b, 'MoveIf', stackIndex(b, 1), b.let(b.condition(code + negated)));
      });
      const options: RowOptions = { feature: 'cmov' };
      return row(`${negated ? 'db' : 'da'} ${modrm}+r`, `fcmov${negated ? 'n' : ''}${suffix}`, 'ST0,STi', run, options);
    }),
  );
}

const onTop = (name: string): Semantics =>
  x87((b) => {
    perform(b, name);
  });
const exchange = x87((b) => {
  perform(b, 'Exchange', stackIndex(b, 0));
});
/** FCOM and FCOMP by ModRM.reg 2 and 3; the other opcodes that decode to them are aliases (AMD manual, volume 5). */
const compareRow = (opcode: string, reg: 2 | 3): Row =>
  row(`${opcode} ${reg === 2 ? 'd0' : 'd8'}+r`, reg === 2 ? 'fcom' : 'fcomp', 'ST0,STi', compare(0, reg - 2), FPU);

export const x87Arithmetic: Family = {
  name: 'x87',
  rows: [
    ...arithmeticRows(),
    ...MEMORY_FORMS.flatMap(([opcode, operand, form, letter]) => [
      row(`${opcode} /2`, `f${letter}com`, operand, compareMemory(form, 0), FPU),
      row(`${opcode} /3`, `f${letter}comp`, operand, compareMemory(form, 1), FPU),
    ]),
    compareRow('d8', 2),
    compareRow('d8', 3),
    compareRow('dc', 2),
    compareRow('dc', 3),
    row('de d0+r', 'fcomp', 'ST0,STi', compare(0, 1), FPU),
    row('de d9', 'fcompp', '', compareTwo(0), FPU),
    row('dd e0+r', 'fucom', 'ST0,STi', compare(1, 0), FPU),
    row('dd e8+r', 'fucomp', 'ST0,STi', compare(1, 1), FPU),
    row('da e9', 'fucompp', '', compareTwo(1), FPU),
    row('db f0+r', 'fcomi', 'ST0,STi', compareFlags(0, 0), FPU),
    row('db e8+r', 'fucomi', 'ST0,STi', compareFlags(1, 0), FPU),
    row('df f0+r', 'fcomip', 'ST0,STi', compareFlags(0, 1), FPU),
    row('df e8+r', 'fucomip', 'ST0,STi', compareFlags(1, 1), FPU),
    row('d9 e4', 'ftst', '', onTop('Test'), FPU),
    row('d9 e5', 'fxam', '', onTop('Examine'), FPU),
    ...conditionalMoves(),

    row('d9 /0', 'fld', 'Md', load('Single'), FPU),
    row('dd /0', 'fld', 'Mq', load('Double'), FPU),
    row('db /5', 'fld', 'Mt', loadExtended, FPU),
    row('df /0', 'fild', 'Mw', load('Integer'), FPU),
    row('db /0', 'fild', 'Md', load('Integer'), FPU),
    row('df /5', 'fild', 'Mq', load('Integer'), FPU),
    row(
      'd9 c0+r',
      'fld',
      'STi',
      x87((b) => perform(b, 'LoadRegister', stackIndex(b, 0))),
      FPU,
    ),
    ...CONSTANTS.map(([modrm, name, signExponent, significand, direction]) =>
      row(`d9 ${modrm}`, name, '', loadConstant(signExponent, significand, direction), FPU),
    ),
    row('d9 /2', 'fst', 'Md', storeFloat('Single', 0), FPU),
    row('d9 /3', 'fstp', 'Md', storeFloat('Single', 1), FPU),
    row('dd /2', 'fst', 'Mq', storeFloat('Double', 0), FPU),
    row('dd /3', 'fstp', 'Mq', storeFloat('Double', 1), FPU),
    row('db /7', 'fstp', 'Mt', storeExtended, FPU),
    row('df /2', 'fist', 'Mw', storeInteger(0, 0), FPU),
    row('db /2', 'fist', 'Md', storeInteger(0, 0), FPU),
    row('df /3', 'fistp', 'Mw', storeInteger(0, 1), FPU),
    row('db /3', 'fistp', 'Md', storeInteger(0, 1), FPU),
    row('df /7', 'fistp', 'Mq', storeInteger(0, 1), FPU),
    row('df /1', 'fisttp', 'Mw', storeInteger(1, 1), { feature: 'sse3' }),
    row('db /1', 'fisttp', 'Md', storeInteger(1, 1), { feature: 'sse3' }),
    row('dd /1', 'fisttp', 'Mq', storeInteger(1, 1), { feature: 'sse3' }),
    row('dd d0+r', 'fst', 'STi', storeRegister(0), FPU),
    row('dd d8+r', 'fstp', 'STi', storeRegister(1), FPU),
    row('df d0+r', 'fstp', 'STi', storeRegister(1), FPU),
    row('df d8+r', 'fstp', 'STi', storeRegister(1), FPU),

    row('d9 c8+r', 'fxch', 'STi', exchange, FPU),
    row('dd c8+r', 'fxch', 'STi', exchange, FPU),
    row('df c8+r', 'fxch', 'STi', exchange, FPU),
    row('d9 e0', 'fchs', '', onTop('ChangeSign'), FPU),
    row('d9 e1', 'fabs', '', onTop('Absolute'), FPU),
    row('d9 fa', 'fsqrt', '', onTop('SquareRoot'), FPU),
    row('d9 fc', 'frndint', '', onTop('RoundToInteger'), FPU),
  ],
};
