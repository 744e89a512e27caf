/**
 * Handlers by shape: generates them on demand, the common shapes of an instruction family together, and keeps them in
 * the interpreter's table.
 */
import { InvariantError } from '../../core/errors.js';
import { WasmModule } from '../codegen/wasm-module.js';
import type { Decoder } from '../decode/decoder.js';
import type { CpuMode, Instruction, Operand } from '../isa/instruction.js';
import type { Semantics } from '../isa/row.js';
import type { CodeStore } from '../jit/code-store.js';
import { familyOf, familySamples, indexedRows } from './family-samples.js';
import { HandlerBuilder } from './handler-builder.js';
import { type Encoded, KeptHandlers } from './kept-handlers.js';

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
  readonly familiesDone: Set<string>;
}

export class HandlerTable {
  readonly table: WebAssembly.Table;
  private currentStyle = PLAIN_HANDLERS;
  private readonly byStyle = new Map<string, Handlers>();
  private readonly imports: Record<string, WebAssembly.ImportValue>;
  private readonly decoder: Decoder;
  private readonly store: CodeStore | undefined;
  private keptHandlers: KeptHandlers | undefined;
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
    if (store !== undefined) store.freshHandlers = () => this.keptHandlers?.together();
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
      handlers = { indices: new Map(), familiesDone: new Set() };
      this.byStyle.set(this.style.key, handlers);
    }
    return handlers;
  }

  /** Handler indices of several instructions; what is missing is generated in one module. */
  handlersOf(code: readonly Encoded[]): number[] {
    const shapes = code.map(({ instruction }) => shapeOf(instruction));
    const missing = new Map<string, Instruction>();
    const { indices } = this.current;
    const { kept } = this;
    shapes.forEach((shape, i) => {
      const encoded = code[i] as Encoded;
      const handler = kept?.take(shape, encoded);
      if (indices.has(shape)) return;
      if (handler !== undefined) {
        indices.set(shape, this.add(handler));
        return;
      }
      missing.set(shape, encoded.instruction);
      // Where an earlier run left what it needed, little is missing.
      if (kept === undefined || kept.isEmpty) this.addFamily(encoded.instruction, missing);
    });
    if (missing.size > 0) this.generate(missing);
    return shapes.map((shape) => indices.get(shape) as number);
  }

  /** Instrumented handlers have places of a run in them and are not kept. */
  private get kept(): KeptHandlers | undefined {
    if (this.store === undefined || this.style !== PLAIN_HANDLERS) return undefined;
    this.keptHandlers ??= new KeptHandlers(this.store.handlers(), this.imports, this.decoder, shapeOf);
    return this.keptHandlers;
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
    const module = compiledModules.get(key) ?? this.compile(missing);
    compiledModules.set(key, module);
    const instance = new WebAssembly.Instance(module, { env: this.imports });
    this.modules++;
    shapes.forEach((shape, i) => {
      this.current.indices.set(shape, this.add(instance.exports[`h${i}`]));
    });
  }

  private compile(missing: ReadonlyMap<string, Instruction>): WebAssembly.Module {
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
    return new WebAssembly.Module(module.finish());
  }
}
