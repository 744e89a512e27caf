/** Integer arithmetic and logic: ADD … CMP, TEST, INC, DEC, NEG, NOT, ADC/SBB, ADCX/ADOX (SDM volume 2). */
import type { Value } from '../codegen/value.js';
import type { FlagKind } from './flag-kinds.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type Row, type RowOptions, row, type Semantics } from './row.js';

type Compute = (b: InstructionBuilder, size: number, x: Value, y: Value) => Value;

interface Operation {
  readonly name: string;
  readonly kind: FlagKind;
  readonly compute: Compute;
  /** CMP and TEST write nothing. */
  readonly discards?: boolean;
}

const sum: Compute = (b, size, x, y) => b.truncate(b.add(x, y), size);
const difference: Compute = (b, size, x, y) => b.truncate(b.sub(x, y), size);
const withCarry = (b: InstructionBuilder, size: number): Value => (size === 8 ? b.widen(b.carry()) : b.carry());

/** The eight operations in encoding order (opcode bits 5-3, and ModRM.reg of 80-83). */
const operations: readonly Operation[] = [
  { name: 'add', kind: 'add', compute: sum },
  { name: 'or', kind: 'logic', compute: (b, _s, x, y) => b.or(x, y) },
  { name: 'adc', kind: 'adc', compute: (b, s, x, y) => b.truncate(b.add(b.add(x, y), withCarry(b, s)), s) },
  { name: 'sbb', kind: 'sbb', compute: (b, s, x, y) => b.truncate(b.sub(b.sub(x, y), withCarry(b, s)), s) },
  { name: 'and', kind: 'logic', compute: (b, _s, x, y) => b.and(x, y) },
  { name: 'sub', kind: 'sub', compute: difference },
  { name: 'xor', kind: 'logic', compute: (b, _s, x, y) => b.xor(x, y) },
  { name: 'cmp', kind: 'sub', compute: difference, discards: true },
];

const test: Operation = { name: 'test', kind: 'logic', compute: (b, _s, x, y) => b.and(x, y), discards: true };

/** operand 0 := operand 0 (operation) operand 1, with flags. */
function binary(operation: Operation): Semantics {
  return (b) => {
    const size = b.size(0);
    const apply = (x: Value, y: Value): Value => {
      const result = b.let(operation.compute(b, size, x, y));
      b.setFlags(operation.kind, size, x, y, result);
      return result;
    };
    const right = b.let(b.read(1));
    if (operation.discards) apply(b.let(b.read(0)), right);
    else b.update(0, (left) => apply(left, right));
  };
}

function unary(kind: 'inc' | 'dec'): Semantics {
  return (b) => {
    const size = b.size(0);
    b.update(0, (old) => {
      const carry = b.flagsUnused ? undefined : b.let(b.carry());
      const one = b.constant(size, 1);
      const result = b.let(b.truncate(kind === 'inc' ? b.add(old, one) : b.sub(old, one), size));
      if (carry === undefined) return result;
      b.setFlags(kind, size, old, carry, result);
      return result;
    });
  };
}

const negate: Semantics = (b) => {
  const size = b.size(0);
  b.update(0, (old) => {
    const zero = b.constant(size, 0);
    const result = b.let(b.truncate(b.sub(zero, old), size));
    b.setFlags('sub', size, zero, old, result);
    return result;
  });
};

const invert: Semantics = (b) => {
  b.update(0, (old) => b.truncate(b.xor(old, b.constant(b.size(0), -1)), b.size(0)));
};

const hex = (value: number): string => value.toString(16).padStart(2, '0');

function rowsOf(operation: Operation, index: number): Row[] {
  const { name } = operation;
  const run = binary(operation);
  const options: RowOptions = operation.discards ? {} : { lockable: true };
  const base = index << 3;
  return [
    row(`${hex(base)} /r`, name, 'Eb,Gb', run, options),
    row(`${hex(base + 1)} /r`, name, 'Ev,Gv', run, options),
    row(`${hex(base + 2)} /r`, name, 'Gb,Eb', run),
    row(`${hex(base + 3)} /r`, name, 'Gv,Ev', run),
    row(hex(base + 4), name, 'AL,Ib', run),
    row(hex(base + 5), name, 'rAX,Iz', run),
    row(`80 /${index}`, name, 'Eb,Ib', run, options),
    row(`81 /${index}`, name, 'Ev,Iz', run, options),
    row(`82 /${index}`, name, 'Eb,Ib', run, { ...options, mode: 'legacy' }),
    row(`83 /${index}`, name, 'Ev,Ib', run, options),
  ];
}

/** ADCX and ADOX: add with one flag as carry, nothing else touched. */
function addWith(flag: 'carry' | 'overflow'): Semantics {
  return (b) => {
    const size = b.size(0);
    const source = b.let(b.read(1));
    const carryIn = b.let(b.condition(flag === 'carry' ? 2 : 0));
    const other = b.let(b.condition(flag === 'carry' ? 0 : 2));
    const left = b.let(b.read(0));
    const partial = b.let(b.add(left, source));
    const result = b.let(b.add(partial, b.resize(carryIn, size)));
    const out = b.let(b.or(b.ltU(partial, left), b.ltU(result, partial)));
    if (flag === 'carry') b.setCarryOverflow(out, other);
    else b.setCarryOverflow(other, out);
    b.write(0, result);
  };
}

export const alu: Family = {
  name: 'alu',
  rows: [
    ...operations.flatMap(rowsOf),
    row('84 /r', 'test', 'Eb,Gb', binary(test)),
    row('85 /r', 'test', 'Ev,Gv', binary(test)),
    row('a8', 'test', 'AL,Ib', binary(test)),
    row('a9', 'test', 'rAX,Iz', binary(test)),
    row('f6 /0', 'test', 'Eb,Ib', binary(test)),
    row('f6 /1', 'test', 'Eb,Ib', binary(test)),
    row('f7 /0', 'test', 'Ev,Iz', binary(test)),
    row('f7 /1', 'test', 'Ev,Iz', binary(test)),
    row('fe /0', 'inc', 'Eb', unary('inc'), { lockable: true }),
    row('fe /1', 'dec', 'Eb', unary('dec'), { lockable: true }),
    row('ff /0', 'inc', 'Ev', unary('inc'), { lockable: true }),
    row('ff /1', 'dec', 'Ev', unary('dec'), { lockable: true }),
    row('40+r', 'inc', 'Zv', unary('inc'), { mode: 'legacy' }),
    row('48+r', 'dec', 'Zv', unary('dec'), { mode: 'legacy' }),
    row('f6 /2', 'not', 'Eb', invert, { lockable: true }),
    row('f7 /2', 'not', 'Ev', invert, { lockable: true }),
    row('f6 /3', 'neg', 'Eb', negate, { lockable: true }),
    row('f7 /3', 'neg', 'Ev', negate, { lockable: true }),
    row('66 0f 38 f6 /r', 'adcx', 'Gy,Ey', addWith('carry'), { feature: 'adx' }),
    row('f3 0f 38 f6 /r', 'adox', 'Gy,Ey', addWith('overflow'), { feature: 'adx' }),
  ],
};
