/**
 * Handlers by shape, in the interpreter's table: those that an earlier run needed, else those that were prepared, else it
 * generates them, the common shapes of an instruction family together.
 */
import { InvariantError } from '../../core/errors.js';
import { WasmModule } from '../codegen/wasm-module.js';
import type { Decoder } from '../decode/decoder.js';
import type { CpuMode, Instruction } from '../isa/instruction.js';
import type { CodeStore } from '../jit/code-store.js';
import { familyOf, familySamples } from './family-samples.js';
import { HandlerBuilder } from './handler-builder.js';
import { modeShape, shapeOf } from './handler-shape.js';
import { type Encoded, KeptHandlers } from './kept-handlers.js';
import { type PreparedHandlers, type PreparedPart, preparedPart } from './prepared-handlers.js';

/** Handler modules by the shapes in them: processors of one process share the compiled code. */
const compiledModules = new Map<string, WebAssembly.Module>();

/** How handlers are written; each way has handlers of its own. */
export interface HandlerStyle {
  readonly key: string;
  readonly builder: (module: WasmModule, mode: CpuMode) => HandlerBuilder;
}

export const PLAIN_HANDLERS: HandlerStyle = { key: '', builder: (module, mode) => new HandlerBuilder(module, mode) };

/** Handlers that were made before. */
export interface MadeHandlers {
  readonly store?: CodeStore | undefined;
  readonly prepared?: PreparedHandlers | undefined;
}

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
  private readonly findPrepared: PreparedHandlers | undefined;
  private readonly prepared = new Map<PreparedPart, Readonly<Record<string, unknown>>>();
  private keptHandlers: KeptHandlers | undefined;
  private next = 1;
  /** Modules generated so far; for statistics. */
  modules = 0;

  constructor(
    imports: Record<string, WebAssembly.ImportValue>,
    table: WebAssembly.Table,
    decoder: Decoder,
    { store, prepared }: MadeHandlers = {},
  ) {
    this.decoder = decoder;
    this.store = store;
    this.findPrepared = prepared;
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
      const keptHandler = kept?.take(shape, encoded);
      if (indices.has(shape)) return;
      const handler = keptHandler ?? this.preparedHandler(shape, encoded.instruction);
      if (handler !== undefined) {
        indices.set(shape, this.add(handler));
        return;
      }
      missing.set(shape, encoded.instruction);
      if (this.isFirst) this.addFamily(encoded.instruction, missing);
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

  /** No earlier run left what it needed: where one did, little is missing. */
  private get isFirst(): boolean {
    return this.kept === undefined || this.kept.isEmpty;
  }

  /** A prepared handler for a shape, where there is one. For a few that are missing, the whole module is not worth it. */
  private preparedHandler(shape: string, { row, mode }: Instruction): unknown {
    const family = familyOf(row);
    if (this.style !== PLAIN_HANDLERS || this.findPrepared === undefined || family === undefined || !this.isFirst)
      return;
    const part = preparedPart(family, mode);
    if (part === undefined) return undefined;
    let functions = this.prepared.get(part);
    if (functions === undefined) {
      const module = this.findPrepared(part);
      functions = module === undefined ? {} : new WebAssembly.Instance(module, { env: this.imports }).exports;
      this.prepared.set(part, functions);
    }
    return functions[shape];
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
