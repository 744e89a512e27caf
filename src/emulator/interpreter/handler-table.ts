/**
 * Handlers by shape: generates them on demand, the common shapes of an instruction family together, and keeps them in
 * the interpreter's table.
 */
import { InvariantError } from '../../core/errors.js';
import { WasmModule } from '../codegen/wasm-module.js';
import type { Decoder } from '../decode/decoder.js';
import type { CpuMode, Instruction, Operand, RegisterFile } from '../isa/instruction.js';
import type { Semantics } from '../isa/row.js';
import type { CodeStore } from '../jit/code-store.js';
import { familyOf, familySamples, indexedRows } from './family-samples.js';
import { HandlerBuilder } from './handler-builder.js';

/** Handler modules by the shapes in them: processors of one process share the compiled code. */
const compiledModules = new Map<string, WebAssembly.Module>();

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

const FILES: readonly RegisterFile[] = ['gpr', 'segment', 'control', 'debug', 'xmm', 'mmx', 'st'];

/** Operand sizes are few; 0-15 numbers them. */
const SIZES = [0, 1, 2, 4, 6, 8, 10, 14, 16, 28, 94, 108, 512, 576];

/** What `operandShape` says as a number below 2^10. */
function operandNumber(operand: Operand): number {
  const size = SIZES.indexOf(operand.size);
  if (size < 0) throw new InvariantError(`an operand of ${operand.size} bytes`);
  switch (operand.kind) {
    case 'register':
      return 0x100 | (FILES.indexOf(operand.file) << 4) | size;
    case 'memory': {
      const place = (operand.base >= 0 ? 1 : 0) | (operand.index >= 0 ? 2 : 0) | (operand.segmented ? 4 : 0);
      return 0x200 | ((place | (operand.segment === 2 ? 8 : 0)) << 4) | size;
    }
    default:
      return 0x10 | size;
  }
}

/** `shapeOf` as two numbers, [operands, the rest]: the quick way to a handler that exists. */
function operandNumbers({ operands }: Instruction): number {
  let number = 0;
  for (const operand of operands) number = number * 1024 + operandNumber(operand);
  return number;
}

function settingsNumber({ row, mode, operandSize, addressSize, repeat, segment }: Instruction): number {
  const widths = (mode.codeSize << 12) | (mode.stackSize << 8) | (operandSize << 4) | addressSize;
  const isString = row.repeatable || row.name === 'xlat';
  const string = isString ? 1 + segment * 3 + (repeat === undefined ? 0 : repeat === 'rep' ? 1 : 2) : 0;
  return ((string << 1) | (mode.flat ? 1 : 0)) * 0x10000 + widths;
}

/** The part of a mode that handlers depend on: privilege is looked up when they run. */
function modeShape(mode: CpuMode): number {
  return mode.codeSize * 100 + mode.stackSize * 10 + (mode.flat ? 1 : 0);
}

/** Everything a semantic function may look at in the interpreter; equal keys share a handler. */
function shapeOf(instruction: Instruction): string {
  const { row, mode, operandSize, addressSize, repeat, segment, operands } = instruction;
  const string = row.repeatable || row.name === 'xlat' ? `,${segment}${repeat ?? ''}` : '';
  return `${semanticsNumber(row.run)},${modeShape(mode)},${operandSize},${addressSize}${string},${operands.map(operandShape).join()}`;
}

/** How handlers are written; each way has handlers of its own. */
export interface HandlerStyle {
  readonly key: string;
  readonly builder: (module: WasmModule, mode: CpuMode) => HandlerBuilder;
}

export const PLAIN_HANDLERS: HandlerStyle = { key: '', builder: (module, mode) => new HandlerBuilder(module, mode) };

interface Handlers {
  readonly indices: Map<string, number>;
  /** The same by semantic function, settings and operands as numbers. */
  readonly quick: Map<Semantics, Map<number, Map<number, number>>>;
  readonly familiesDone: Set<string>;
}

export class HandlerTable {
  readonly table: WebAssembly.Table;
  private currentStyle = PLAIN_HANDLERS;
  private readonly byStyle = new Map<string, Handlers>();
  private readonly imports: Record<string, WebAssembly.ImportValue>;
  private readonly decoder: Decoder;
  private readonly store: CodeStore | undefined;
  private next = 1;
  /** Modules generated so far; for statistics. */
  modules = 0;

  constructor(
    imports: Record<string, WebAssembly.ImportValue>,
    table: WebAssembly.Table,
    decoder: Decoder,
    store?: CodeStore,
  ) {
    this.decoder = decoder;
    this.store = store;
    this.imports = imports;
    this.table = table;
  }

  /** Table index of a function made elsewhere. */
  add(handler: unknown): number {
    if (this.next >= this.table.length) this.table.grow(1024);
    this.table.set(this.next, handler);
    return this.next++;
  }

  get style(): HandlerStyle {
    return this.currentStyle;
  }

  /** From now on `handlersOf` answers with handlers of this style. */
  use(style: HandlerStyle): void {
    this.currentStyle = style;
  }

  private get current(): Handlers {
    let handlers = this.byStyle.get(this.style.key);
    if (handlers === undefined) {
      handlers = { indices: new Map(), quick: new Map(), familiesDone: new Set() };
      this.byStyle.set(this.style.key, handlers);
    }
    return handlers;
  }

  /** Handler indices of several instructions; what is missing is generated in one module. */
  handlersOf(instructions: readonly Instruction[]): number[] {
    const known: number[] = [];
    const { quick } = this.current;
    for (const instruction of instructions) {
      const index = quick.get(instruction.row.run)?.get(settingsNumber(instruction))?.get(operandNumbers(instruction));
      if (index === undefined) break;
      known.push(index);
    }
    return known.length === instructions.length ? known : this.find(instructions);
  }

  private find(instructions: readonly Instruction[]): number[] {
    const shapes = instructions.map(shapeOf);
    const missing = new Map<string, Instruction>();
    const { indices } = this.current;
    shapes.forEach((shape, i) => {
      if (indices.has(shape)) return;
      const instruction = instructions[i] as Instruction;
      missing.set(shape, instruction);
      this.addFamily(instruction, missing);
    });
    if (missing.size > 0) this.generate(missing);
    return shapes.map((shape, i) => {
      const index = indices.get(shape) as number;
      this.remember(instructions[i] as Instruction, index);
      return index;
    });
  }

  private remember(instruction: Instruction, index: number): void {
    const { quick } = this.current;
    const { run } = instruction.row;
    const bySettings = quick.get(run) ?? new Map<number, Map<number, number>>();
    quick.set(run, bySettings);
    const settings = settingsNumber(instruction);
    const byOperands = bySettings.get(settings) ?? new Map<number, number>();
    bySettings.set(settings, byOperands);
    byOperands.set(operandNumbers(instruction), index);
  }

  /** The first instruction of a family in a mode brings the family's usual shapes with it. */
  private addFamily(instruction: Instruction, missing: Map<string, Instruction>): void {
    const family = familyOf(instruction.row);
    const { mode } = instruction;
    const key = `${family?.name},${modeShape(mode)}`;
    const { indices, familiesDone } = this.current;
    if (family === undefined || familiesDone.has(key)) return;
    familiesDone.add(key);
    for (const sample of familySamples(family, mode, this.decoder)) {
      const shape = shapeOf(sample);
      if (!indices.has(shape)) missing.set(shape, sample);
    }
  }

  private generate(missing: ReadonlyMap<string, Instruction>): void {
    const shapes = [...missing.keys()];
    const key = `${this.style.key}|${shapes.join('|')}`;
    const module = compiledModules.get(key) ?? this.recall(key) ?? this.compile(key, missing);
    compiledModules.set(key, module);
    const instance = new WebAssembly.Instance(module, { env: this.imports });
    this.modules++;
    shapes.forEach((shape, i) => {
      this.current.indices.set(shape, this.add(instance.exports[`h${i}`]));
    });
  }

  /** Instrumented handlers have places of this run in them and are not kept. */
  private recall(key: string): WebAssembly.Module | undefined {
    return this.currentStyle === PLAIN_HANDLERS ? this.store?.module(key) : undefined;
  }

  private compile(key: string, missing: ReadonlyMap<string, Instruction>): WebAssembly.Module {
    const module = new WasmModule();
    module.importTable('handlers');
    const shapes = [...missing.keys()];
    shapes.forEach((shape, i) => {
      const instruction = missing.get(shape) as Instruction;
      const mode: CpuMode = instruction.mode;
      try {
        this.style.builder(module, mode).build(instruction, `h${i}`);
      } catch (error) {
        throw new InvariantError(`no handler for ${instruction.row.code} ${instruction.row.name} (${shape})`, {
          cause: error,
        });
      }
    });
    const bytes = module.finish();
    const compiled = { bytes, module: new WebAssembly.Module(bytes) };
    if (this.currentStyle === PLAIN_HANDLERS) this.store?.keepModule(key, compiled);
    return compiled.module;
  }
}
