// Statements, locals and control flow of one WebAssembly function, and the module they go into is function-module.ts. It
// emits what it is told in the order it is told; it optimises nothing.

import { CodeBuffer } from '../codegen/code-buffer.js';
import type { FunctionType } from '../codegen/wasm-module.js';
import type { Expr, I32, I64, ValueType } from './expression.js';

const BLOCK_VOID = 0x40;

export interface Local<T extends ValueType> extends Expr<T> {
  readonly index: number;
}

/** A function that can be called by index within its module. */
export interface FunctionHandle extends FunctionType {
  readonly name: string;
  readonly index: number;
}

/** One open block: what a branch to it needs to count. */
export interface Label {
  readonly depth: number;
}

export class FunctionBody {
  readonly code = new CodeBuffer();
  readonly #localTypes: ValueType[] = [];
  readonly #paramCount: number;
  #depth = 0;

  constructor(params: readonly ValueType[]) {
    this.#paramCount = params.length;
  }

  get localTypes(): readonly ValueType[] {
    return this.#localTypes;
  }

  param<T extends ValueType>(index: number, type: T): Local<T> {
    return localAt(index, type);
  }

  /** A new local, set to `initial` here when that is given. */
  local<T extends ValueType>(type: T, initial?: Expr<T>): Local<T> {
    const local = localAt(this.#paramCount + this.#localTypes.push(type) - 1, type);
    if (initial) this.set(local, initial);
    return local;
  }

  i32(initial?: I32): Local<'i32'> {
    return this.local('i32', initial);
  }

  i64(initial?: I64): Local<'i64'> {
    return this.local('i64', initial);
  }

  set<T extends ValueType>(target: Local<T>, value: Expr<T>): void {
    value.emit(this.code);
    this.code.byte(0x21);
    this.code.unsigned(target.index);
  }

  /** Calls `callee` and puts its results into `targets`. */
  call(targets: readonly Local<ValueType>[], callee: FunctionHandle, ...args: Expr<ValueType>[]): void {
    if (targets.length !== callee.results.length || args.length !== callee.params.length) {
      throw new RangeError(`${callee.name} takes ${callee.params.length} and returns ${callee.results.length} values`);
    }
    for (const arg of args) arg.emit(this.code);
    this.code.byte(0x10);
    this.code.unsigned(callee.index);
    for (const target of targets.toReversed()) {
      this.code.byte(0x21);
      this.code.unsigned(target.index);
    }
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.emit(this.code);
    this.code.byte(0x04);
    this.code.byte(BLOCK_VOID);
    this.#depth++;
    then();
    if (otherwise) {
      this.code.byte(0x05);
      otherwise();
    }
    this.#depth--;
    this.code.byte(0x0b);
  }

  /** A block that `break` leaves. */
  block(body: (label: Label) => void): void {
    this.#nest(0x02, body);
  }

  /** A loop that `break` to its label repeats. */
  loop(body: (label: Label) => void): void {
    this.#nest(0x03, body);
  }

  #nest(opcode: number, body: (label: Label) => void): void {
    this.code.byte(opcode);
    this.code.byte(BLOCK_VOID);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.code.byte(0x0b);
  }

  break(label: Label, condition?: I32): void {
    condition?.emit(this.code);
    this.code.byte(condition ? 0x0d : 0x0c);
    this.code.unsigned(this.#depth - label.depth);
  }

  return(...values: Expr<ValueType>[]): void {
    for (const value of values) value.emit(this.code);
    this.code.byte(0x0f);
  }

  store64(address: I32, value: I64, offset = 0): void {
    this.#store(0x37, address, value, offset);
  }

  store32(address: I32, value: I32, offset = 0): void {
    this.#store(0x36, address, value, offset);
  }

  #store(opcode: number, address: I32, value: Expr<ValueType>, offset: number): void {
    address.emit(this.code);
    value.emit(this.code);
    this.code.byte(opcode);
    this.code.byte(0);
    this.code.unsigned(offset);
  }
}

function localAt<T extends ValueType>(index: number, type: T): Local<T> {
  return {
    index,
    type,
    emit(code) {
      code.byte(0x20);
      code.unsigned(index);
    },
  };
}
