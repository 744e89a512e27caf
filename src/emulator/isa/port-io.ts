/** IN, OUT, INS and OUTS (SDM volume 2). Permission and the bus are helpers. */
import type { Value } from '../codegen/value.js';
import { helper, number, SEQUENTIAL } from './helper-rows.js';
import type { InstructionBuilder } from './instruction-builder.js';
import { type Family, type RowOptions, row, type Semantics } from './row.js';

const input =
  (sizeOf: (b: InstructionBuilder) => number, port: (b: InstructionBuilder) => Value): Semantics =>
  (b) => {
    const size = sizeOf(b);
    b.host('input', port(b), number(b, size));
    b.setGpr(0, size, b.resize(b.state('result0'), size));
    b.endBlock(false);
  };

const output =
  (sizeOf: (b: InstructionBuilder) => number, port: (b: InstructionBuilder) => Value): Semantics =>
  (b) => {
    const size = sizeOf(b);
    b.host('output', port(b), number(b, size), b.let(b.widen(b.gpr(0, size))));
    b.endBlock(false);
  };

const byte = (): number => 1;
const portSize = (b: InstructionBuilder): number => (b.operandSize === 2 ? 2 : 4);
const immediatePort =
  (i: number) =>
  (b: InstructionBuilder): Value =>
    b.and(b.widen(b.read(i)), b.i64(0xff));
const dxPort = (b: InstructionBuilder): Value => b.widen(b.gpr(2, 2));

const stringPort = (name: string, size: 0 | 1): Semantics =>
  helper(name, (b) => [
    number(b, size === 1 ? 1 : portSize(b)),
    number(b, b.instruction.addressSize),
    number(b, b.instruction.segment),
    number(b, b.instruction.repeat === undefined ? 0 : 1),
  ]);

const STRING_PORT: RowOptions = { ...SEQUENTIAL, repeatable: true };

export const portIo: Family = {
  name: 'port-io',
  rows: [
    row('e4', 'in', 'AL,Ib', input(byte, immediatePort(1)), SEQUENTIAL),
    row('e5', 'in', 'eAX,Ib', input(portSize, immediatePort(1)), SEQUENTIAL),
    row('ec', 'in', 'AL,DX', input(byte, dxPort), SEQUENTIAL),
    row('ed', 'in', 'eAX,DX', input(portSize, dxPort), SEQUENTIAL),
    row('e6', 'out', 'Ib,AL', output(byte, immediatePort(0)), SEQUENTIAL),
    row('e7', 'out', 'Ib,eAX', output(portSize, immediatePort(0)), SEQUENTIAL),
    row('ee', 'out', 'DX,AL', output(byte, dxPort), SEQUENTIAL),
    row('ef', 'out', 'DX,eAX', output(portSize, dxPort), SEQUENTIAL),
    row('6c', 'insb', '', stringPort('inputString', 1), STRING_PORT),
    row('6d', 'ins', '', stringPort('inputString', 0), STRING_PORT),
    row('6e', 'outsb', '', stringPort('outputString', 1), STRING_PORT),
    row('6f', 'outs', '', stringPort('outputString', 0), STRING_PORT),
  ],
};
