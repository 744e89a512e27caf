// Functions that call each other by index, collected into one WebAssembly module that imports nothing but the memory.

import { OP } from '../codegen/value.js';
import { WasmModule } from '../codegen/wasm-module.js';
import type { ValueType } from './expression.js';
import { FunctionBody, type FunctionHandle, type Local } from './function-body.js';

type Params<P extends readonly ValueType[]> = { [K in keyof P]: Local<P[K]> };

/** A function that is not written yet. */
interface Declared {
  readonly handle: FunctionHandle;
  readonly write: (body: FunctionBody) => void;
}

export class FunctionModule {
  readonly #declared: Declared[] = [];

  /** Every function defined so far, in order. */
  get functions(): readonly FunctionHandle[] {
    return this.#declared.map(({ handle }) => handle);
  }

  /**
   * Adds a function and exports it by name; `build` gets its body and its parameters as locals, once the module is
   * encoded: most processes want to know the signatures only. With no function imported, a function's index is its
   * position.
   */
  define<const P extends readonly ValueType[]>(
    name: string,
    params: P,
    results: readonly ValueType[],
    build: (body: FunctionBody, ...params: Params<P>) => void,
  ): FunctionHandle {
    const handle = { name, params, results, index: this.#declared.length };
    const write = (body: FunctionBody): void =>
      build(body, ...(params.map((type, i) => body.param(i, type)) as unknown as Params<P>));
    this.#declared.push({ handle, write });
    return handle;
  }

  /** The module's binary: imports `env.memory`, exports every function by name. */
  encode(): Uint8Array<ArrayBuffer> {
    const module = new WasmModule();
    for (const { handle, write } of this.#declared) {
      const { name, params, results } = handle;
      const body = new FunctionBody(params);
      write(body);
      // Every path returns explicitly; what follows the last statement cannot be reached.
      body.code.byte(OP.unreachable);
      body.code.byte(OP.end);
      module.define(name, { params, results }, body.localTypes, body.code.view());
    }
    return module.finish();
  }
}
