/**
 * Writes one WebAssembly module in its binary format (core specification 5.5).
 *
 * Imported functions may be discovered while bodies are written, so functions defined here are known by export name
 * only and cannot call each other by index; every import of a module must be a function, the one memory or a
 * table. No validation: V8 does that.
 */
import { CodeBuffer } from './code-buffer.js';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const typeByte: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

const FUNCREF = 0x70;

interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly type: number;
}

interface DefinedFunction {
  readonly exportName: string;
  readonly type: number;
  readonly locals: readonly ValueType[];
  readonly body: Uint8Array;
  readonly hints: readonly BranchHint[];
}

/**
 * What a branch or `if` most often does, by the place of its opcode in the body: the proposal "branch hinting" of the
 * WebAssembly community group. A compiler that knows it moves rare arms out of the way and saves registers only there; who
 * does not, skips the section.
 */
export interface BranchHint {
  readonly at: number;
  readonly taken: boolean;
}

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export class WasmModule {
  private readonly types: string[] = [];
  private readonly typeBodies: FunctionType[] = [];
  private readonly imports: ImportedFunction[] = [];
  private readonly functions: DefinedFunction[] = [];
  private readonly tables: string[] = [];

  /** Index of a function type; equal types share one. */
  type(type: FunctionType): number {
    const key = `${type.params.join()}>${type.results.join()}`;
    let index = this.types.indexOf(key);
    if (index < 0) {
      index = this.types.push(key) - 1;
      this.typeBodies.push(type);
    }
    return index;
  }

  /** Index of the imported function `env.<name>`. */
  importFunction(name: string, type: FunctionType): number {
    const found = this.imports.findIndex((one) => one.name === name);
    if (found >= 0) return found;
    return this.imports.push({ module: 'env', name, type: this.type(type) }) - 1;
  }

  /** Imports a table of functions, `env.<name>`; its index is the order of the calls. */
  importTable(name: string): void {
    this.tables.push(name);
  }

  /** Adds a function; `body` ends with the `end` opcode. Locals come after the parameters. */
  define(
    exportName: string,
    type: FunctionType,
    locals: readonly ValueType[],
    body: Uint8Array,
    hints: readonly BranchHint[] = [],
  ): void {
    this.functions.push({ exportName, type: this.type(type), locals, body: body.slice(), hints });
  }

  /** The finished module. It imports `env.memory`. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new CodeBuffer();
    out.append(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    this.section(out, 1, this.typeBodies.length, (section) => {
      for (const type of this.typeBodies) {
        section.byte(0x60);
        for (const list of [type.params, type.results]) {
          section.unsigned(list.length);
          for (const one of list) section.byte(typeByte[one]);
        }
      }
    });
    this.section(out, 2, this.imports.length + 1 + this.tables.length, (section) => {
      for (const one of this.imports) {
        section.name(one.module);
        section.name(one.name);
        section.byte(0);
        section.unsigned(one.type);
      }
      section.name('env');
      section.name('memory');
      section.append(new Uint8Array([2, 0, 1]));
      for (const table of this.tables) {
        section.name('env');
        section.name(table);
        section.append(new Uint8Array([1, FUNCREF, 0, 1]));
      }
    });
    this.section(out, 3, this.functions.length, (section) => {
      for (const one of this.functions) section.unsigned(one.type);
    });
    this.section(out, 7, this.functions.length, (section) => {
      this.functions.forEach((one, index) => {
        section.name(one.exportName);
        section.byte(0);
        section.unsigned(this.imports.length + index);
      });
    });
    this.branchHints(out);
    this.section(out, 10, this.functions.length, (section) => {
      for (const one of this.functions) {
        const header = this.localsHeader(one.locals);
        section.unsigned(header.length + one.body.length);
        section.append(header);
        section.append(one.body);
      }
    });
    return out.view();
  }

  private branchHints(out: CodeBuffer): void {
    const hinted = this.functions.filter(({ hints }) => hints.length > 0);
    if (hinted.length === 0) return;
    const section = new CodeBuffer();
    section.name('metadata.code.branch_hint');
    section.unsigned(hinted.length);
    for (const one of hinted) {
      section.unsigned(this.imports.length + this.functions.indexOf(one));
      section.unsigned(one.hints.length);
      // Places count from the declaration of the locals.
      const start = this.localsHeader(one.locals).length;
      for (const { at, taken } of one.hints) {
        section.unsigned(start + at);
        section.byte(1);
        section.byte(taken ? 1 : 0);
      }
    }
    out.byte(0);
    out.unsigned(section.length);
    out.append(section.view());
  }

  private section(out: CodeBuffer, id: number, count: number, write: (section: CodeBuffer) => void): void {
    const section = new CodeBuffer();
    section.unsigned(count);
    write(section);
    out.byte(id);
    out.unsigned(section.length);
    out.append(section.view());
  }

  private localsHeader(locals: readonly ValueType[]): Uint8Array {
    const runs: [number, ValueType][] = [];
    for (const type of locals) {
      const last = runs.at(-1);
      if (last !== undefined && last[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    const header = new CodeBuffer();
    header.unsigned(runs.length);
    for (const [count, type] of runs) {
      header.unsigned(count);
      header.byte(typeByte[type]);
    }
    return header.view();
  }
}
