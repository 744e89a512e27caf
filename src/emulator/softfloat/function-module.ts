// Collects functions into one WebAssembly module that imports nothing but the memory, and encodes it.

import { type Code, emitUnsigned, type ValueType } from './expression.js';
import { FunctionBody, type FunctionHandle, type Local, typeCodes } from './function-body.js';

type Params<P extends readonly ValueType[]> = { [K in keyof P]: Local<P[K]> };

interface Entry extends FunctionHandle {
  readonly body: FunctionBody;
}

export class FunctionModule {
  readonly #functions: Entry[] = [];

  /** Every function defined so far, in order. */
  get functions(): readonly FunctionHandle[] {
    return this.#functions;
  }

  /** Adds a function; `build` gets its body and its parameters as locals. */
  define<const P extends readonly ValueType[]>(
    name: string,
    params: P,
    results: readonly ValueType[],
    build: (body: FunctionBody, ...params: Params<P>) => void,
  ): FunctionHandle {
    const body = new FunctionBody(params);
    const handle = { name, params, results, index: this.#functions.length, body };
    this.#functions.push(handle);
    build(body, ...(params.map((type, i) => body.param(i, type)) as unknown as Params<P>));
    return handle;
  }

  /** The module's binary: imports `env.memory`, exports every function by name. */
  encode(): Uint8Array<ArrayBuffer> {
    const section = (id: number, items: readonly Code[]) => {
      const content: Code = [];
      emitUnsigned(content, items.length);
      for (const item of items) for (const byte of item) content.push(byte);
      const head: Code = [id];
      emitUnsigned(head, content.length);
      return [...head, ...content];
    };
    const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
    const list = (types: readonly ValueType[]) => [types.length, ...typeCodes(types)];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(
        1,
        this.#functions.map((f) => [0x60, ...list(f.params), ...list(f.results)]),
      ),
      ...section(2, [[...name('env'), ...name('memory'), 0x02, 0x00, 0x00]]),
      ...section(
        3,
        this.#functions.map((f) => indexOf(f.index)),
      ),
      ...section(
        7,
        this.#functions.map((f) => [...name(f.name), 0x00, ...indexOf(f.index)]),
      ),
      ...section(
        10,
        this.#functions.map((f) => encodeBody(f.body)),
      ),
    ]);
  }
}

function indexOf(index: number): Code {
  const code: Code = [];
  emitUnsigned(code, index);
  return code;
}

function encodeBody(body: FunctionBody): Code {
  const locals = body.localTypes.flatMap((type) => [1, ...typeCodes([type])]);
  const content: Code = [];
  emitUnsigned(content, body.localTypes.length);
  for (const part of [locals, body.code]) for (const byte of part) content.push(byte);
  // Every path returns explicitly; what follows the last statement cannot be reached.
  content.push(0x00, 0x0b);
  const head: Code = [];
  emitUnsigned(head, content.length);
  return head.concat(content);
}
