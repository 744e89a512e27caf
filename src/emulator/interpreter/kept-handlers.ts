/**
 * The handlers that runs of a guest needed, in one module for the next run, which then generates next to none. Each is
 * exported under the encoding of an instruction that needs it: what its shape is, says the decoder of that run.
 */
import { WasmModule } from '../codegen/wasm-module.js';
import { MODES } from '../cpu/mode.js';
import type { Decoder } from '../decode/decoder.js';
import type { CpuMode, Instruction } from '../isa/instruction.js';
import { HandlerBuilder } from './handler-builder.js';

/** A new module loses what V8 has optimized of the old one: it must be worth it by this share of new handlers. */
const NEW_SHARE = 1 / 20;

/** An instruction with its bytes. */
export interface Encoded {
  readonly instruction: Instruction;
  readonly bytes: Uint8Array;
}

const nameOf = ({ instruction, bytes }: Encoded): string => [instruction.mode.key, ...bytes].join(' ');

function fromName(name: string, decoder: Decoder): Encoded | undefined {
  const [key, ...numbers] = name.split(' ').map(Number) as [number, ...number[]];
  const bytes = Uint8Array.from(numbers);
  const instruction = decoder.decode(bytes, 0, bytes.length, MODES[key] as CpuMode);
  return typeof instruction === 'object' ? { instruction, bytes } : undefined;
}

export class KeptHandlers {
  private readonly functions: Record<string, unknown> = {};
  /** One for each shape: those of the module, then those that this run needed beyond. */
  private readonly samples = new Map<string, Encoded>();
  private readonly kept: number;

  /** @param module of an earlier run */
  constructor(
    module: WebAssembly.Module | undefined,
    imports: Record<string, WebAssembly.ImportValue>,
    decoder: Decoder,
    shapeOf: (instruction: Instruction) => string,
  ) {
    if (module !== undefined) this.functions = new WebAssembly.Instance(module, { env: imports }).exports;
    for (const name of Object.keys(this.functions)) {
      const sample = fromName(name, decoder);
      if (sample !== undefined) this.samples.set(shapeOf(sample.instruction), sample);
    }
    this.kept = this.samples.size;
  }

  get isEmpty(): boolean {
    return this.kept === 0;
  }

  /** The kept handler for a shape, where there is one; either way, the next run will want it. */
  take(shape: string, sample: Encoded): unknown {
    const known = this.samples.get(shape);
    if (known === undefined) this.samples.set(shape, sample);
    return known && this.functions[nameOf(known)];
  }

  /** A module of all handlers that were needed, unless the old one is good enough. */
  together(): Uint8Array<ArrayBuffer> | undefined {
    if (this.samples.size - this.kept <= this.kept * NEW_SHARE) return undefined;
    const module = new WasmModule();
    module.importTable('handlers');
    for (const sample of this.samples.values()) {
      new HandlerBuilder(module, sample.instruction.mode).build(sample.instruction, nameOf(sample));
    }
    return module.finish();
  }
}
