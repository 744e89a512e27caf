/**
 * Emits the body of one WebAssembly function from typed expressions (`Value`) and statements.
 *
 * Expressions are built freely and cost nothing until a statement uses them; they are pure (constants, locals, loads
 * from state memory, operators). Statements (`set`, `store`, `if`, `call` …) are emitted at once, in order. A value used
 * more than once, or used after something it reads has been written, is first fixed with `let`.
 *
 * This layer knows WebAssembly only. What an x86 operand, flag or exception is, is `isa/instruction-builder.ts`.
 */
import { InvariantError } from '../../core/errors.js';
import { CodeBuffer } from './code-buffer.js';
import { INTEGER_OPS, type IntegerOp, loadOpcode, OP, type Opcode, storeOpcode, Value } from './value.js';
import { type BranchHint, type FunctionType, typeByte, type ValueType, type WasmModule } from './wasm-module.js';

/** A branch target; see `block` and `loop`. */
export interface Label {
  depth: number;
}

/** A mutable local of the function under construction. */
export interface Variable {
  readonly type: ValueType;
  readonly index: number;
}

const VOID = 0x40;

export class OpBuilder {
  readonly code = new CodeBuffer();
  readonly module: WasmModule;
  /** Types of all locals, parameters first. */
  protected readonly localTypes: ValueType[];
  private readonly parameterCount: number;
  private readonly freeTemps: Record<ValueType, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  private readonly usedTemps: number[] = [];
  private depth = 0;
  private readonly hints: BranchHint[] = [];
  /** Version of each mutable place; see Value.place. */
  protected readonly versions: number[] = [];

  constructor(module: WasmModule, parameters: readonly ValueType[]) {
    this.module = module;
    this.localTypes = [...parameters];
    this.parameterCount = parameters.length;
  }

  // ---- expressions -------------------------------------------------------------------------------------------

  i32(value: number): Value {
    return new Value('i32', OP.i32Const, value | 0);
  }

  i64(value: number | bigint): Value {
    return new Value('i64', OP.i64Const, typeof value === 'bigint' ? BigInt.asIntN(64, value) : value);
  }

  /** A constant of the given integer type. */
  int(type: ValueType, value: number | bigint): Value {
    return type === 'i64' ? this.i64(value) : this.i32(Number(BigInt.asIntN(32, BigInt(value))));
  }

  /** Any operator of one or two arguments by opcode, for those without a name here (floating point, vectors). */
  op(type: ValueType, opcode: Opcode, a: Value, b?: Value, immediate: number | bigint = 0): Value {
    return new Value(type, opcode, immediate, a, b);
  }

  private unary(name: IntegerOp, a: Value, result: ValueType = a.type): Value {
    return new Value(result, INTEGER_OPS[name][a.type === 'i64' ? 1 : 0], 0, a);
  }

  private binary(name: IntegerOp, a: Value, b: Value, result: ValueType = a.type): Value {
    if (a.type !== b.type) throw new InvariantError(`operands of ${name} differ: ${a.type}, ${b.type}`);
    return new Value(result, INTEGER_OPS[name][a.type === 'i64' ? 1 : 0], 0, a, b);
  }

  add(a: Value, b: Value): Value {
    if (b.isNumber(0)) return a;
    if (a.isNumber(0)) return b;
    if (a.isConst && b.isConst && typeof a.imm === 'number' && typeof b.imm === 'number') {
      const sum = a.imm + b.imm;
      if (a.type === 'i32') return this.i32(sum);
      if (Number.isSafeInteger(sum)) return this.i64(sum);
    }
    return this.binary('add', a, b);
  }

  sub(a: Value, b: Value): Value {
    return b.isNumber(0) ? a : this.binary('sub', a, b);
  }

  mul(a: Value, b: Value): Value {
    return this.binary('mul', a, b);
  }

  and(a: Value, b: Value): Value {
    if (b.isNumber(-1)) return a;
    if (a.type === 'i32' && a.isConst && b.isConst) return this.i32(Number(a.imm) & Number(b.imm));
    return this.binary('and', a, b);
  }

  or(a: Value, b: Value): Value {
    return b.isNumber(0) ? a : this.binary('or', a, b);
  }

  xor(a: Value, b: Value): Value {
    return b.isNumber(0) ? a : this.binary('xor', a, b);
  }

  shl(a: Value, b: Value): Value {
    return b.isNumber(0) ? a : this.binary('shl', a, b);
  }

  shrU(a: Value, b: Value): Value {
    return b.isNumber(0) ? a : this.binary('shrU', a, b);
  }

  shrS(a: Value, b: Value): Value {
    return b.isNumber(0) ? a : this.binary('shrS', a, b);
  }

  rotl(a: Value, b: Value): Value {
    return this.binary('rotl', a, b);
  }

  rotr(a: Value, b: Value): Value {
    return this.binary('rotr', a, b);
  }

  divU(a: Value, b: Value): Value {
    return this.binary('divU', a, b);
  }

  divS(a: Value, b: Value): Value {
    return this.binary('divS', a, b);
  }

  remU(a: Value, b: Value): Value {
    return this.binary('remU', a, b);
  }

  remS(a: Value, b: Value): Value {
    return this.binary('remS', a, b);
  }

  eqz(a: Value): Value {
    return this.unary('eqz', a, 'i32');
  }

  clz(a: Value): Value {
    return this.unary('clz', a);
  }

  ctz(a: Value): Value {
    return this.unary('ctz', a);
  }

  popcnt(a: Value): Value {
    return this.unary('popcnt', a);
  }

  /** A comparison; the result is an i32 of 0 or 1. */
  compare(
    name: 'eq' | 'ne' | 'ltS' | 'ltU' | 'gtS' | 'gtU' | 'leS' | 'leU' | 'geS' | 'geU',
    a: Value,
    b: Value,
  ): Value {
    return this.binary(name, a, b, 'i32');
  }

  eq(a: Value, b: Value): Value {
    return b.isNumber(0) ? this.eqz(a) : this.compare('eq', a, b);
  }

  ne(a: Value, b: Value): Value {
    return this.compare('ne', a, b);
  }

  ltU(a: Value, b: Value): Value {
    return this.compare('ltU', a, b);
  }

  /** i64 -> i32 (low half); an i32 stays. */
  wrap(a: Value): Value {
    if (a.type === 'i32') return a;
    if (a.op === OP.extendU || a.op === OP.extendS) return a.a as Value;
    if (a.isConst) return this.i32(Number(BigInt.asIntN(32, BigInt(a.imm))));
    return new Value('i32', OP.wrap, 0, a);
  }

  /** i32 -> i64 by zeros; an i64 stays. */
  widen(a: Value): Value {
    if (a.type === 'i64') return a;
    if (a.isConst) return this.i64(Number(a.imm) >>> 0);
    return new Value('i64', OP.extendU, 0, a);
  }

  /** i32 -> i64 by sign; an i64 stays. */
  widenSigned(a: Value): Value {
    if (a.type === 'i64') return a;
    if (a.isConst) return this.i64(Number(a.imm));
    return new Value('i64', OP.extendS, 0, a);
  }

  /** The low `bytes` bytes of an integer, sign-extended inside its own type. */
  signExtend(a: Value, bytes: number): Value {
    if (bytes === 1) return this.unary('extend8S', a);
    if (bytes === 2) return this.unary('extend16S', a);
    if (bytes === 4 && a.type === 'i64') return new Value('i64', 0xc4, 0, a);
    return a;
  }

  select(condition: Value, yes: Value, no: Value): Value {
    return new Value(yes.type, OP.select, 0, yes, no, condition);
  }

  /** Load from linear memory: `address` (i32) + constant offset. Pure for the builder: fix it with `let` before stores. */
  loadMemory(type: ValueType, bytes: number, address: Value, offset = 0, place = -1): Value {
    return new Value(
      type,
      loadOpcode(type, bytes),
      offset,
      address,
      undefined,
      undefined,
      place,
      place < 0 ? 0 : (this.versions[place] ?? 0),
    );
  }

  // ---- locals ------------------------------------------------------------------------------------------------

  /** A local that lives for the whole function. */
  variable(type: ValueType): Variable {
    return { type, index: this.localTypes.push(type) - 1 };
  }

  /** The value of a variable now; stale after `set` (reported by `emit`). */
  get(variable: Variable): Value {
    const place = variable.index;
    return new Value(
      variable.type,
      OP.localGet,
      place,
      undefined,
      undefined,
      undefined,
      place,
      this.versions[place] ?? 0,
    );
  }

  set(variable: Variable, value: Value): void {
    this.emit(value);
    this.code.byte(OP.localSet);
    this.code.unsigned(variable.index);
    this.touch(variable.index);
  }

  /** Notes that a mutable place got a new value. */
  protected touch(place: number): void {
    this.versions[place] = (this.versions[place] ?? 0) + 1;
  }

  /** A temporary, free again after `releaseTemps` (the end of the guest instruction). */
  temp(type: ValueType): Variable {
    const index = this.freeTemps[type].pop() ?? this.localTypes.push(type) - 1;
    this.usedTemps.push(index);
    return { type, index };
  }

  releaseTemps(): void {
    for (const index of this.usedTemps) this.freeTemps[this.localTypes[index] as ValueType].push(index);
    this.usedTemps.length = 0;
  }

  /** Evaluates now into a temporary and returns that; constants stay constants. */
  let(value: Value): Value {
    if (value.isConst) return value;
    const temp = this.temp(value.type);
    this.set(temp, value);
    return this.get(temp);
  }

  // ---- statements --------------------------------------------------------------------------------------------

  emit(value: Value): void {
    if (value.place >= 0 && value.version !== (this.versions[value.place] ?? 0)) {
      throw new InvariantError(`a value is used after place ${value.place} it reads was written; fix it with let()`);
    }
    if (value.a !== undefined) this.emit(value.a);
    if (value.b !== undefined) this.emit(value.b);
    if (value.c !== undefined) this.emit(value.c);
    this.opcode(value.op);
    const { op } = value;
    if (op === OP.localGet) this.code.unsigned(value.imm as number);
    else if (op === OP.i32Const) this.code.signed32(value.imm as number);
    else if (op === OP.i64Const) this.code.signed64(value.imm);
    else if ((op >= 0x28 && op <= 0x35) || (op >= 0xfd0000 && op <= 0xfd000a) || op === 0xfd005c || op === 0xfd005d) {
      this.code.byte(0);
      this.code.unsigned(value.imm as number);
    } else if (op === 0xfd000c || op === 0xfd000d) {
      // v128.const and i8x16.shuffle: 16 immediate bytes, carried as one little-endian bigint.
      for (let i = 0n; i < 128n; i += 8n) this.code.byte(Number((BigInt(value.imm) >> i) & 0xffn));
    } else if (op >= 0xfd0015 && op <= 0xfd0022) this.code.byte(value.imm as number);
  }

  protected opcode(op: Opcode): void {
    if (op > 0xff) {
      this.code.byte(op >>> 16);
      this.code.unsigned(op & 0xffff);
    } else this.code.byte(op);
  }

  /** Store the low `bytes` bytes of `value` to linear memory at `address` (i32) + offset. */
  storeMemory(bytes: number, address: Value, offset: number, value: Value): void {
    this.emit(address);
    this.emit(value);
    this.opcode(storeOpcode(value.type, bytes));
    this.code.byte(0);
    this.code.unsigned(offset);
  }

  /** Calls an imported function; the result (if any) is fixed in a temporary. */
  call(name: string, type: FunctionType, args: readonly Value[]): Value | undefined {
    for (const arg of args) this.emit(arg);
    this.code.byte(OP.call);
    this.code.unsigned(this.module.importFunction(name, type));
    const result = type.results[0];
    return result === undefined ? undefined : this.popped(result);
  }

  /** Takes what was left on WebAssembly's stack into a temporary. */
  popped(type: ValueType): Value {
    const temp = this.temp(type);
    this.code.byte(OP.localSet);
    this.code.unsigned(temp.index);
    this.touch(temp.index);
    return this.get(temp);
  }

  /** `if` as a statement. Writes inside the arms are seen as writes by the code after it. */
  if(condition: Value, yes: () => void, no?: () => void): void {
    this.emit(condition);
    this.open(OP.if);
    yes();
    if (no !== undefined) {
      this.code.byte(OP.else);
      no();
    }
    this.close();
  }

  /** `if` whose body is left out of the straight path: it is rarely, or never, run. */
  ifRarely(condition: Value, body: () => void): void {
    this.emit(condition);
    this.expect(false);
    this.open(OP.if);
    body();
    this.close();
  }

  /** Notes that the branch opcode that follows is most often (not) taken; see `BranchHint`. */
  protected expect(taken: boolean): void {
    this.hints.push({ at: this.code.length, taken });
  }

  /** A block; `branch(label)` inside leaves it. */
  block(body: (label: Label) => void): void {
    this.open(OP.block);
    body({ depth: this.depth });
    this.close();
  }

  /** A loop; `branch(label)` inside goes to its start. Mutable places written inside must be re-read by `get`. */
  loop(body: (label: Label) => void): void {
    this.open(OP.loop);
    body({ depth: this.depth });
    this.close();
  }

  branch(label: Label): void {
    this.code.byte(OP.br);
    this.code.unsigned(this.depth - label.depth);
  }

  /** @param expected whether it is most often taken, where that is known */
  branchIf(label: Label, condition: Value, expected?: boolean): void {
    this.emit(condition);
    if (expected !== undefined) this.expect(expected);
    this.code.byte(OP.brIf);
    this.code.unsigned(this.depth - label.depth);
  }

  /** `br_table`: goes to labels[index], or to the last one. */
  branchTable(index: Value, labels: readonly Label[]): void {
    this.emit(index);
    this.code.byte(OP.brTable);
    this.code.unsigned(labels.length - 1);
    for (const label of labels) this.code.unsigned(this.depth - label.depth);
  }

  return(value?: Value): void {
    if (value !== undefined) this.emit(value);
    this.code.byte(OP.return);
  }

  /** Opens `block`, `loop` or `if` by hand, optionally with a result; pair with `close`. */
  open(op: number, result?: ValueType): Label {
    this.code.byte(op);
    this.code.byte(result === undefined ? VOID : typeByte[result]);
    return { depth: ++this.depth };
  }

  else(): void {
    this.code.byte(OP.else);
  }

  close(): void {
    this.code.byte(OP.end);
    this.depth--;
  }

  /** Ends the function and adds it to the module under `exportName`. */
  finish(exportName: string, results: readonly ValueType[]): void {
    this.code.byte(OP.end);
    const params = this.localTypes.slice(0, this.parameterCount);
    const locals = this.localTypes.slice(this.parameterCount);
    this.module.define(exportName, { params, results }, locals, this.code.view(), this.hints);
  }
}
