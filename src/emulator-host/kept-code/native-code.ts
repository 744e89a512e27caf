/**
 * The machine code of compiled WebAssembly modules as bytes, and back: what browsers do to start known pages quickly, and
 * Node has no public function for. V8's own runtime functions do it; they check version, flags and processor themselves,
 * but a V8 that has them otherwise would abort. Therefore another process tries first, once for each version of Node.
 *
 * Without it everything works; modules then are compiled from their bytes.
 */
import { spawnSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import type { Blobs } from '../blobs.js';

export interface NativeCode {
  /** Machine code of the functions that V8 has optimized so far; undefined when it has none. */
  serialize(module: WebAssembly.Module): Uint8Array<ArrayBuffer> | undefined;
  /** The module again, given the bytes that it was compiled from; undefined when V8 does not accept it any more. */
  deserialize(native: Uint8Array, bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined;
}

/** (module (func (export "f") (param i32) (result i32) ...)): the sum of 1 to n, in a loop. */
const PROBE_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 27, 1, 25, 1, 1,
  127, 3, 64, 32, 1, 32, 0, 106, 33, 1, 32, 0, 65, 1, 107, 34, 0, 13, 0, 11, 32, 1, 11,
]; // biome-ignore format: bytes

/** Aborts for a module of which no function was optimized. */
const SERIALIZE = 'return %SerializeWasmModule(module)';
const DESERIALIZE = 'return %DeserializeWasmModule(native, bytes)';
const IS_OPTIMIZED = 'return %IsTurboFanFunction(run)';

/** Runs in the other process: there and back, with the same answer. */
const PROBE = `
  const v8 = require('node:v8');
  v8.setFlagsFromString('--allow-natives-syntax');
  const serialize = new Function('module', '${SERIALIZE}');
  const deserialize = new Function('native', 'bytes', '${DESERIALIZE}');
  const isOptimized = new Function('run', '${IS_OPTIMIZED}');
  v8.setFlagsFromString('--no-allow-natives-syntax');
  const bytes = Uint8Array.from(${JSON.stringify(PROBE_MODULE)});
  const module = new WebAssembly.Module(bytes);
  const { f } = new WebAssembly.Instance(module).exports;
  for (let i = 0; i < 50; i++) f(1000000);
  setTimeout(() => {
    if (!isOptimized(f)) process.exit(1);
    const again = deserialize(serialize(module), bytes);
    process.exit(new WebAssembly.Instance(again).exports.f(10) === 55 ? 0 : 1);
  }, 200);`;

const WORKS = Buffer.from('works');
const FAILS = Buffer.from('fails');
const PROBE_MILLISECONDS = 20_000;

/** Undefined where this Node cannot do it. `blobs` remembers what the trial said. */
export function nativeCode(blobs: Blobs): NativeCode | undefined {
  const key = `machine code of WebAssembly: ${process.version} ${process.arch}`;
  const known = blobs.get(key);
  const works = known === undefined ? probe() : WORKS.equals(known);
  if (known === undefined) blobs.put(key, works ? WORKS : FAILS);
  return works ? create() : undefined;
}

function probe(): boolean {
  const { status } = spawnSync(process.execPath, ['-e', PROBE], { stdio: 'ignore', timeout: PROBE_MILLISECONDS });
  return status === 0;
}

function create(): NativeCode {
  return {
    serialize: (module) => {
      const { exports } = new WebAssembly.Instance(module, standIns(module));
      const isOptimized = Object.values(exports).some((run) => callRuntime(IS_OPTIMIZED, { run }));
      const native = isOptimized ? (callRuntime(SERIALIZE, { module }) as ArrayBuffer | undefined) : undefined;
      return native === undefined ? undefined : new Uint8Array(native);
    },
    deserialize: (part, bytes) => {
      // V8 takes the whole of a buffer; a copy, because `part` may be a piece of a larger one.
      const native = new Uint8Array(part).buffer;
      return callRuntime(DESERIALIZE, { native, bytes }) as WebAssembly.Module | undefined;
    },
  };
}

/** Calls a runtime function of V8. Its name is allowed only meanwhile, and a function that was parsed may be parsed again. */
function callRuntime(body: string, parameters: Readonly<Record<string, unknown>>): unknown {
  setFlagsFromString('--allow-natives-syntax');
  try {
    return new Function(...Object.keys(parameters), body)(...Object.values(parameters));
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

/** Imports that fit: instances share the module's code, and a function of one is the way to ask about it. */
function standIns(module: WebAssembly.Module): Record<string, Record<string, WebAssembly.ImportValue>> {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const values = imports[from] ?? {};
    imports[from] = values;
    values[name] =
      kind === 'memory'
        ? new WebAssembly.Memory({ initial: 1 })
        : kind === 'table'
          ? new WebAssembly.Table({ element: 'anyfunc', initial: 1 })
          : () => 0;
  }
  return imports;
}
