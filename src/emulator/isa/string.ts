/**
 * String instructions: MOVS, STOS, LODS, CMPS, SCAS with their repeat prefixes (SDM volume 2, "REP").
 *
 * Registers advance once per iteration, so a fault in the middle leaves a restartable state. Repeated MOVS and STOS
 * first offer the rest of the run to a bulk helper, which moves what lies within plain pages in one go.
 */
import type { Label } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';
import { type InstructionBuilder, SEGMENT } from './instruction-builder.js';
import { type Family, type Row, type RowOptions, row, type Semantics } from './row.js';

const RCX = 1;
const RSI = 6;
const RDI = 7;

function pointer(b: InstructionBuilder, register: number): Value {
  return b.let(b.widen(b.gpr(register, b.instruction.addressSize)));
}

/** +size or -size by DF. */
function stride(b: InstructionBuilder, size: number): Value {
  const down = b.and(b.state('eflags'), b.i32(0x400));
  return b.let(b.select(b.eqz(down), b.i64(size), b.i64(-size)));
}

function advance(b: InstructionBuilder, register: number, by: Value): void {
  const size = b.instruction.addressSize;
  b.setGpr(register, size, b.let(b.resize(b.add(b.gpr(register, 8), by), size)));
}

function countDown(b: InstructionBuilder): void {
  const size = b.instruction.addressSize;
  b.setGpr(RCX, size, b.let(b.resize(b.sub(b.gpr(RCX, 8), b.i64(1)), size)));
}

/** Runs `body` once, or as long as rCX is not zero; `body` may leave early through the label. */
function repeat(b: InstructionBuilder, body: (done: Label | undefined) => void, bulk?: () => void): void {
  if (b.instruction.repeat === undefined) {
    body(undefined);
    return;
  }
  b.restartable();
  b.block((done) => {
    b.loop((again) => {
      b.branchIf(done, b.eqz(b.gpr(RCX, b.instruction.addressSize)));
      b.restartPoint();
      if (bulk !== undefined) {
        bulk();
        b.branchIf(done, b.eqz(b.gpr(RCX, b.instruction.addressSize)));
      }
      body(done);
      countDown(b);
      b.branch(again);
    });
  });
}

const MAX_BULK = 0x1000;

/** Hands the rest of a flat, upward run to `bulkMove`/`bulkFill`; the helper answers how many elements it did. */
function offerBulk(b: InstructionBuilder, name: 'bulkMove' | 'bulkFill', size: number, step: Value): void {
  const { addressSize, segment } = b.instruction;
  const flat = !b.isSegmented(SEGMENT.es) && (name === 'bulkFill' || !b.isSegmented(segment));
  if (!flat || addressSize === 2) return;
  const count = b.let(b.widen(b.gpr(RCX, addressSize)));
  const many = b.and(b.compare('geU', count, b.i64(8)), b.compare('gtS', step, b.i64(0)));
  b.if(many, () => {
    b.setState('argument0', pointer(b, RDI));
    b.setState('argument1', name === 'bulkMove' ? pointer(b, RSI) : b.let(b.gpr(0, 8)));
    const limited = b.let(b.wrap(b.select(b.ltU(count, b.i64(MAX_BULK)), count, b.i64(MAX_BULK))));
    const type = { params: ['i32', 'i32'], results: ['i32'] } as const;
    const elements = b.call(name, type, [b.i32(size), limited]) as Value;
    const done = b.let(b.widen(elements));
    const bytes = b.let(b.shl(done, b.i64(Math.log2(size))));
    advance(b, RDI, bytes);
    if (name === 'bulkMove') advance(b, RSI, bytes);
    b.setGpr(RCX, addressSize, b.let(b.resize(b.sub(b.gpr(RCX, 8), done), addressSize)));
  });
}

function sized(run: (b: InstructionBuilder, size: number) => void, size: 1 | 0): Semantics {
  return (b) => run(b, size === 1 ? 1 : b.operandSize);
}

function moveString(b: InstructionBuilder, size: number): void {
  const step = stride(b, size);
  const body = (): void => {
    const value = b.loadAt(b.instruction.segment, pointer(b, RSI), size);
    b.storeAt(SEGMENT.es, pointer(b, RDI), value, size);
    advance(b, RSI, step);
    advance(b, RDI, step);
  };
  repeat(b, body, () => offerBulk(b, 'bulkMove', size, step));
}

function storeString(b: InstructionBuilder, size: number): void {
  const step = stride(b, size);
  const body = (): void => {
    b.storeAt(SEGMENT.es, pointer(b, RDI), b.gpr(0, size), size);
    advance(b, RDI, step);
  };
  repeat(b, body, () => offerBulk(b, 'bulkFill', size, step));
}

function loadString(b: InstructionBuilder, size: number): void {
  const step = stride(b, size);
  repeat(b, () => {
    const value = b.loadAt(b.instruction.segment, pointer(b, RSI), size);
    advance(b, RSI, step);
    b.setGpr(0, size, value);
  });
}

/** CMPS and SCAS: flags come from the last comparison; none at all when rCX was zero. */
function compareString(b: InstructionBuilder, size: number, scan: boolean): void {
  const step = stride(b, size);
  const type = size === 8 ? 'i64' : 'i32';
  const left = b.temp(type);
  const right = b.temp(type);
  const compared = b.temp('i32');
  b.set(compared, b.i32(0));
  repeat(b, (done) => {
    const x = scan ? b.let(b.gpr(0, size)) : b.loadAt(b.instruction.segment, pointer(b, RSI), size);
    const y = b.loadAt(SEGMENT.es, pointer(b, RDI), size);
    b.set(left, x);
    b.set(right, y);
    b.set(compared, b.i32(1));
    if (!scan) advance(b, RSI, step);
    advance(b, RDI, step);
    if (done === undefined) return;
    const stop = b.instruction.repeat === 'rep' ? b.ne(b.get(left), b.get(right)) : b.eq(b.get(left), b.get(right));
    b.if(stop, () => {
      countDown(b);
      b.branch(done);
    });
  });
  b.ifFlags(b.get(compared), () => {
    const result = b.let(b.truncate(b.sub(b.get(left), b.get(right)), size));
    b.setFlags('sub', size, b.get(left), b.get(right), result);
  });
}

const REPEATABLE: RowOptions = { repeatable: true };

function pair(byte: number, name: string, run: (b: InstructionBuilder, size: number) => void): Row[] {
  const hex = (value: number): string => value.toString(16);
  return [
    row(hex(byte), `${name}b`, '', sized(run, 1), REPEATABLE),
    row(hex(byte + 1), name, '', sized(run, 0), REPEATABLE),
  ];
}

export const strings: Family = {
  name: 'string',
  rows: [
    ...pair(0xa4, 'movs', moveString),
    ...pair(0xa6, 'cmps', (b, size) => compareString(b, size, false)),
    ...pair(0xaa, 'stos', storeString),
    ...pair(0xac, 'lods', loadString),
    ...pair(0xae, 'scas', (b, size) => compareString(b, size, true)),
  ],
};
