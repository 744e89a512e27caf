/**
 * x87 control and state: control and status words, environment, FSAVE, stack pointer, and the functions that are host
 * helpers (transcendentals, remainders, BCD). Layouts: SDM volume 1, figures 8-9 to 8-12. FXSAVE is in state-area.ts.
 */
import type { Value } from '../codegen/value.js';
import { stateAddress } from '../cpu/state-layout.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type Row, type RowOptions, row, type Semantics } from './row.js';
import { callRoutine, runRoutine } from './vector-unit.js';
import { FPU, waiting, x87 } from './x87.js';

export const NOT_AVAILABLE = 7;
export const INITIAL_CONTROL = 0x37f;
const CONDITION_CODES = 0x4700;
export const ALL_EMPTY = 0xff;
const RARE: RowOptions = { feature: 'fpu', interpreterOnly: true };

/** An x87 instruction that does not wait for pending exceptions (FN…): only an absent unit stops it. */
function unwaiting(run: Semantics): Semantics {
  return (b) => {
    b.if(b.eq(b.state('x87Trap'), b.i32(NOT_AVAILABLE)), () => b.raise(NOT_AVAILABLE));
    run(b);
  };
}

export const statusWord = (b: InstructionBuilder): Value => b.or(b.state('fsw'), b.shl(b.state('ftop'), b.i32(11)));

export function setStatusWord(b: InstructionBuilder, word: Value): void {
  const fixed = b.let(word);
  b.setState('ftop', b.and(b.shrU(fixed, b.i32(11)), b.i32(7)));
  b.setState('fsw', b.and(fixed, b.i32(0xffff & ~0x3800)));
}

/** FCW keeps bit 6 set and drops what does not exist. */
export function setControlWord(b: InstructionBuilder, word: Value): void {
  b.setState('fcw', b.or(b.and(word, b.i32(0x1f3f)), b.i32(0x40)));
}

/** The summary bit follows from flags and masks; so does whether the next instruction traps. */
export function refresh(b: InstructionBuilder): void {
  runRoutine(b, 'x87Refresh');
}

function initialize(b: InstructionBuilder): void {
  b.setState('fcw', b.i32(INITIAL_CONTROL));
  b.setState('fsw', b.i32(0));
  b.setState('ftop', b.i32(0));
  b.setState('fempty', b.i32(ALL_EMPTY));
  for (const name of ['fpuIp', 'fpuDp']) b.setState(name, b.i64(0));
  for (const name of ['fpuCs', 'fpuDs', 'fpuOpcode']) b.setState(name, b.i32(0));
  refresh(b);
}

export const stackRegister = (b: InstructionBuilder, i: number): Value =>
  b.let(b.shl(b.and(b.add(b.state('ftop'), b.i32(i)), b.i32(7)), b.i32(4)));
export const significandAt = (b: InstructionBuilder, at: Value): Value =>
  b.let(b.loadMemory('i64', 8, at, stateAddress('fpr0')));
export const signExponentAt = (b: InstructionBuilder, at: Value): Value =>
  b.let(b.loadMemory('i32', 4, at, stateAddress('fpr0') + 8));

// ---- environment -------------------------------------------------------------------------------------------------

interface EnvironmentField {
  readonly store: (b: InstructionBuilder) => Value;
  readonly load: (b: InstructionBuilder, value: Value) => void;
}

const SELECTOR_AND_OPCODE: EnvironmentField = {
  store: (b) => b.or(b.state('fpuCs'), b.shl(b.and(b.state('fpuOpcode'), b.i32(0x7ff)), b.i32(16))),
  load: (b, value) => {
    b.setState('fpuCs', b.and(value, b.i32(0xffff)));
    b.setState('fpuOpcode', b.and(b.shrU(value, b.i32(16)), b.i32(0x7ff)));
  },
};

/** Seven fields of 2 or 4 bytes, protected-mode form. */
const ENVIRONMENT: readonly EnvironmentField[] = [
  { store: (b) => b.state('fcw'), load: setControlWord },
  { store: statusWord, load: setStatusWord },
  { store: (b) => callRoutine(b, 'x87FullTags'), load: (b, value) => runRoutine(b, 'x87SetTags', value) },
  { store: (b) => b.wrap(b.state('fpuIp')), load: (b, value) => b.setState('fpuIp', b.widen(value)) },
  SELECTOR_AND_OPCODE,
  { store: (b) => b.wrap(b.state('fpuDp')), load: (b, value) => b.setState('fpuDp', b.widen(value)) },
  { store: (b) => b.state('fpuDs'), load: (b, value) => b.setState('fpuDs', b.and(value, b.i32(0xffff))) },
];

const fieldBytes = (b: InstructionBuilder): 2 | 4 => (b.operandSize === 2 ? 2 : 4);
/** What 4-byte environment words hold above their 16 bits. */
const UPPER_ONES = 0xffff0000 | 0;
const isWord = (index: number): boolean => index < 3 || index === 6;

function storeEnvironment(b: InstructionBuilder): number {
  const bytes = fieldBytes(b);
  ENVIRONMENT.forEach(({ store }, i) => {
    const value = b.let(store(b));
    const filled = bytes === 4 && isWord(i) ? b.or(value, b.i32(UPPER_ONES)) : value;
    b.store(0, bytes === 2 ? b.and(filled, b.i32(0xffff)) : filled, bytes, i * bytes);
  });
  return bytes * ENVIRONMENT.length;
}

/** Reads everything before anything is changed, so that a fault leaves no trace. */
function loadEnvironment(b: InstructionBuilder): { apply: () => void; end: number } {
  const bytes = fieldBytes(b);
  const values = ENVIRONMENT.map((_, i) => b.let(b.load(0, 'i32', bytes, i * bytes)));
  const apply = (): void => {
    ENVIRONMENT.forEach(({ load }, i) => {
      const value = values[i] as Value;
      load(b, isWord(i) ? b.and(value, b.i32(0xffff)) : value);
    });
  };
  return { apply, end: bytes * ENVIRONMENT.length };
}

const fnstenv = unwaiting((b) => {
  b.probeStore(0, 2, fieldBytes(b) * ENVIRONMENT.length - 2);
  storeEnvironment(b);
  b.setState('fcw', b.or(b.state('fcw'), b.i32(0x3f)));
  refresh(b);
});

const fldenv = waiting((b) => {
  loadEnvironment(b).apply();
  refresh(b);
});

const fnsave = unwaiting((b) => {
  b.probeStore(0, 2, fieldBytes(b) * ENVIRONMENT.length + 8 * 10 - 2);
  const start = storeEnvironment(b);
  for (let i = 0; i < 8; i++) {
    const at = stackRegister(b, i);
    b.store(0, significandAt(b, at), 8, start + i * 10);
    b.store(0, signExponentAt(b, at), 2, start + i * 10 + 8);
  }
  initialize(b);
});

const frstor = waiting((b) => {
  const { apply, end } = loadEnvironment(b);
  const values = Array.from({ length: 8 }, (_, i) => ({
    significand: b.load(0, 'i64', 8, end + i * 10),
    signExponent: b.load(0, 'i32', 2, end + i * 10 + 8),
  }));
  // TOP first: the registers are stored from ST(0) on; the tags need their contents.
  apply();
  values.forEach(({ significand, signExponent }, i) => {
    const at = stackRegister(b, i);
    b.storeMemory(8, at, stateAddress('fpr0'), significand);
    b.storeMemory(4, at, stateAddress('fpr0') + 8, signExponent);
  });
  refresh(b);
});

// ---- the rest ----------------------------------------------------------------------------------------------------

const moveTop = (step: 1 | -1): Semantics =>
  x87((b) => {
    b.setState('ftop', b.and(b.add(b.state('ftop'), b.i32(step)), b.i32(7)));
    b.setState('fsw', b.and(b.state('fsw'), b.i32(~0x200)));
  });

/** FFREE, and FFREEP, which also pops. */
const free = (pop: boolean): Semantics =>
  x87((b) => {
    const physical = b.and(b.add(b.state('ftop'), b.registerAddress(0)), b.i32(7));
    b.setState('fempty', b.or(b.state('fempty'), b.shl(b.i32(1), physical)));
    if (pop) b.setState('ftop', b.and(b.add(b.state('ftop'), b.i32(1)), b.i32(7)));
  });

const clearExceptions = unwaiting((b) => {
  b.setState('fsw', b.and(b.state('fsw'), b.i32(CONDITION_CODES)));
  refresh(b);
});

/** Functions computed on the host side, with their ModRM byte (D9 xx); they read and write the stack and FSW only. */
const FUNCTIONS: readonly (readonly [string, string])[] = [
  ['f0', 'f2xm1'],
  ['f1', 'fyl2x'],
  ['f2', 'fptan'],
  ['f3', 'fpatan'],
  ['f4', 'fxtract'],
  ['f5', 'fprem1'],
  ['f8', 'fprem'],
  ['f9', 'fyl2xp1'],
  ['fb', 'fsincos'],
  ['fd', 'fscale'],
  ['fe', 'fsin'],
  ['ff', 'fcos'],
];

/** Numbers of the functions, as the helper takes them. */
export const X87_FUNCTION_NAMES: readonly string[] = FUNCTIONS.map(([, name]) => name);

const functionRows = (): Row[] =>
  FUNCTIONS.map(([modrm, name], index) =>
    row(
      `d9 ${modrm}`,
      name,
      '',
      x87((b) => b.host('x87Function', b.i64(index))),
      RARE,
    ),
  );

const loadBcd = x87((b) => {
  const low = b.load(0, 'i64', 8);
  b.host('x87LoadBcd', low, b.widen(b.load(0, 'i32', 2, 8)));
});

const storeBcd = x87((b) => {
  b.host('x87StoreBcd');
  const [low, high] = [b.state('result0'), b.state('result1')];
  b.if(callRoutine(b, 'x87MayStore'), () => {
    b.store(0, low, 8);
    b.store(0, b.wrap(high), 2, 8);
  });
  runRoutine(b, 'x87CommitStore', b.i32(1));
});

const nothing = unwaiting(() => {});

export const x87Control: Family = {
  name: 'x87-control',
  rows: [
    row(
      'd9 /5',
      'fldcw',
      'Mw',
      waiting((b) => {
        setControlWord(b, b.read(0));
        refresh(b);
      }),
      FPU,
    ),
    row(
      'd9 /7',
      'fnstcw',
      'Mw',
      unwaiting((b) => b.write(0, b.state('fcw'))),
      FPU,
    ),
    row(
      'dd /7',
      'fnstsw',
      'Mw',
      unwaiting((b) => b.write(0, b.let(statusWord(b)))),
      FPU,
    ),
    row(
      'df e0',
      'fnstsw',
      'AX',
      unwaiting((b) => b.write(0, b.let(statusWord(b)))),
      FPU,
    ),
    row('db e2', 'fnclex', '', clearExceptions, FPU),
    row('db e3', 'fninit', '', unwaiting(initialize), FPU),
    row('db e0', 'fneni', '', nothing, FPU),
    row('db e1', 'fndisi', '', nothing, FPU),
    row('db e4', 'fnsetpm', '', nothing, FPU),
    row(
      'd9 d0',
      'fnop',
      '',
      x87(() => {}),
      FPU,
    ),
    row('d9 f6', 'fdecstp', '', moveTop(-1), FPU),
    row('d9 f7', 'fincstp', '', moveTop(1), FPU),
    row('dd c0+r', 'ffree', 'STi', free(false), FPU),
    row('df c0+r', 'ffreep', 'STi', free(true), FPU),
    row('d9 /6', 'fnstenv', 'Mm28', fnstenv, RARE),
    row('d9 /4', 'fldenv', 'Mm28', fldenv, RARE),
    row('dd /6', 'fnsave', 'Mm108', fnsave, RARE),
    row('dd /4', 'frstor', 'Mm108', frstor, RARE),
    ...functionRows(),
    row('df /4', 'fbld', 'Mt', loadBcd, RARE),
    row('df /6', 'fbstp', 'Mt', storeBcd, RARE),
  ],
};
