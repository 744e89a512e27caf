/**
 * The shape of an instruction: everything that its handler depends on. Instructions of one shape share a handler, and what
 * differs between them stands in their records.
 */
import { InvariantError } from '../../core/errors.js';
import type { CpuMode, Instruction, Operand } from '../isa/instruction.js';
import type { Semantics } from '../isa/row.js';
import { indexedRows } from './family-samples.js';

let semanticsNumbers: Map<Semantics, number> | undefined;

/** By the order of the tables, so that every run gives a semantic function the same number. */
function semanticsNumber(run: Semantics): number {
  if (semanticsNumbers === undefined) {
    semanticsNumbers = new Map();
    for (const { row } of indexedRows()) {
      if (!semanticsNumbers.has(row.run)) semanticsNumbers.set(row.run, semanticsNumbers.size);
    }
  }
  const number = semanticsNumbers.get(run);
  if (number === undefined) throw new InvariantError('a semantic function of no row');
  return number;
}

function operandShape(operand: Operand): string {
  switch (operand.kind) {
    case 'register':
      return `${operand.file[0]}${operand.size}`;
    case 'memory': {
      const place = (operand.base >= 0 ? 'b' : '') + (operand.index >= 0 ? 'x' : '') + (operand.segmented ? 's' : '');
      const stack = operand.segment === 2 ? 'k' : '';
      return `[${place}${stack}]${operand.size}`;
    }
    default:
      return `i${operand.size}`;
  }
}

/** The part of a mode that handlers depend on: privilege is looked up when they run. */
export function modeShape(mode: CpuMode): number {
  return mode.codeSize * 100 + mode.stackSize * 10 + (mode.flat ? 1 : 0);
}

/** Everything a semantic function may look at in the interpreter; equal keys share a handler. */
export function shapeOf(instruction: Instruction): string {
  const { row, mode, operandSize, addressSize, repeat, segment, operands } = instruction;
  const string = row.repeatable || row.name === 'xlat' ? `,${segment}${repeat ?? ''}` : '';
  return `${semanticsNumber(row.run)},${modeShape(mode)},${operandSize},${addressSize}${string},${operands.map(operandShape).join()}`;
}
