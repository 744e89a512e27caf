/**
 * Handlers by shape: generates them on demand, the common shapes of an instruction family together, and keeps them in
 * the interpreter's table.
 */
import { InvariantError } from '../../core/errors.js';
import { WasmModule } from '../codegen/wasm-module.js';
import type { CpuMode, Instruction, Operand } from '../isa/instruction.js';
import type { Semantics } from '../isa/row.js';
import { HandlerBuilder } from './handler-builder.js';

const semanticsNumbers = new Map<Semantics, number>();

function semanticsNumber(run: Semantics): number {
  let number = semanticsNumbers.get(run);
  if (number === undefined) {
    number = semanticsNumbers.size;
    semanticsNumbers.set(run, number);
  }
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

/** Everything a semantic function may look at in the interpreter; equal keys share a handler. */
function shapeOf(instruction: Instruction): string {
  const { row, mode, operandSize, addressSize, repeat, segment, operands } = instruction;
  const string = row.repeatable || row.name === 'xlat' ? `,${segment}${repeat ?? ''}` : '';
  const modeShape = mode.codeSize * 100 + mode.stackSize * 10 + (mode.flat ? 1 : 0);
  return `${semanticsNumber(row.run)},${modeShape},${operandSize},${addressSize}${string},${operands.map(operandShape).join()}`;
}

export class HandlerTable {
  readonly table: WebAssembly.Table;
  private readonly indices = new Map<string, number>();
  private readonly imports: Record<string, WebAssembly.ImportValue>;
  private next = 1;
  /** Modules generated so far; for statistics. */
  modules = 0;

  constructor(imports: Record<string, WebAssembly.ImportValue>, table: WebAssembly.Table) {
    this.imports = imports;
    this.table = table;
  }

  /** Table index of a function made elsewhere. */
  add(handler: unknown): number {
    if (this.next >= this.table.length) this.table.grow(1024);
    this.table.set(this.next, handler);
    return this.next++;
  }

  /** Handler indices of several instructions; what is missing is generated in one module. */
  handlersOf(instructions: readonly Instruction[]): number[] {
    const shapes = instructions.map(shapeOf);
    const missing = new Map<string, Instruction>();
    shapes.forEach((shape, i) => {
      if (!this.indices.has(shape)) missing.set(shape, instructions[i] as Instruction);
    });
    if (missing.size > 0) this.generate(missing);
    return shapes.map((shape) => this.indices.get(shape) as number);
  }

  private generate(missing: ReadonlyMap<string, Instruction>): void {
    const module = new WasmModule();
    module.importTable('handlers');
    const shapes = [...missing.keys()];
    shapes.forEach((shape, i) => {
      const instruction = missing.get(shape) as Instruction;
      const mode: CpuMode = instruction.mode;
      try {
        new HandlerBuilder(module, mode).build(instruction, `h${i}`);
      } catch (error) {
        throw new InvariantError(`no handler for ${instruction.row.code} ${instruction.row.name} (${shape})`, {
          cause: error,
        });
      }
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: this.imports });
    this.modules++;
    shapes.forEach((shape, i) => {
      this.indices.set(shape, this.add(instance.exports[`h${i}`]));
    });
  }
}
