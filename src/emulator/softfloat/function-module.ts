// Functions that call each other by index, collected into one WebAssembly module that imports nothing but the memory.

import { OP } from '../codegen/value.js';
import { WasmModule } from '../codegen/wasm-module.js';
import type { ValueType } from './expression.js';
import { FunctionBody, type FunctionHandle, type Local } from './function-body.js';

type Params<P extends readonly ValueType[]> = { [K in keyof P]: Local<P[K]> };

export class FunctionModule {
  readonly #module = new WasmModule();
  readonly #functions: FunctionHandle[] = [];

  /** Every function defined so far, in order. */
  get functions(): readonly FunctionHandle[] {
    return this.#functions;
  }

  /**
   * Adds a function and exports it by name; `build` gets its body and its parameters as locals. With no function
   * imported, a function's index is its position.
   */
  define<const P extends readonly ValueType[]>(
    name: string,
    params: P,
    results: readonly ValueType[],
    build: (body: FunctionBody, ...params: Params<P>) => void,
  ): FunctionHandle {
    const body = new FunctionBody(params);
    const handle = { name, params, results, index: this.#functions.push({ name, params, results, index: -1 }) - 1 };
    this.#functions[handle.index] = handle;
    build(body, ...(params.map((type, i) => body.param(i, type)) as unknown as Params<P>));
    // Every path returns explicitly; what follows the last statement cannot be reached.
    body.code.byte(OP.unreachable);
    body.code.byte(OP.end);
    this.#module.define(name, { params, results }, body.localTypes, body.code.view());
    return handle;
  }

  /** The module's binary: imports `env.memory`, exports every function by name. */
  encode(): Uint8Array<ArrayBuffer> {
    return this.#module.finish();
  }
}
