/**
 * What a semantic function writes with: x86 operands, memory, flags, branches and exceptions on top of `OpBuilder`.
 * Two tiers implement it. In the interpreter's (`interpreter/handler-builder.ts`) operands are fields of a micro-op
 * record; in the JIT's (`jit/region-builder.ts`) they are constants and locals.
 *
 * Conventions
 * - Integer values of 1, 2 and 4 bytes are i32 with clean (zero) upper bits; 8 bytes are i64; 16 bytes v128.
 *   `truncate` restores cleanliness after arithmetic.
 * - Exceptions are precise because a semantic function does everything that can fault (loads, `update`, `raiseIf`)
 *   before it writes a register or flags. Stores come last, or before the register writes that follow them. String
 *   instructions write their registers once per iteration and call `restartable` first.
 * - Values read from registers go stale when any register is written; `let` fixes them (the builder throws otherwise).
 * - Flags are set by naming the operation (`setFlags('add', size, a, b, r)`); nothing is computed that is not read.
 */
import type { Variable } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';
import type { ValueType, WasmModule } from '../codegen/wasm-module.js';
import { SEGMENT_OFFSETS, STATE_FIELDS, segmentAddress } from '../cpu/state-layout.js';
import { IOPL, VM } from './eflags.js';
import { FlagBuilder } from './flag-builder.js';
import type { CpuMode, Instruction, MemoryOperand, Operand } from './instruction.js';
import { ACCESS_STACK, ACCESS_WRITE, integerType } from './memory-builder.js';
import { trapOf, type Unit } from './units.js';

/** Segment encodings. */
export const SEGMENT = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5 } as const;

export { ACCESS_STACK, ACCESS_WRITE, integerType } from './memory-builder.js';

export abstract class InstructionBuilder extends FlagBuilder {
  readonly mode: CpuMode;
  /** The instruction being written. In the interpreter only its shape holds, not its registers and constants. */
  instruction!: Instruction;

  protected constructor(module: WasmModule, parameters: readonly ValueType[], mode: CpuMode) {
    super(module, parameters);
    this.mode = mode;
  }

  // ---- what the tiers provide --------------------------------------------------------------------------------

  /** General register `index` at `size` (zero-extended); `high`: AH-BH. */
  abstract gpr(index: number, size: number, high?: boolean): Value;
  /** Writes a general register: 4 bytes clear the upper half, 1 and 2 bytes keep the rest. */
  abstract setGpr(index: number, size: number, value: Value, high?: boolean): void;
  /** State address of register operand `i` that is not a general register, as an i32. */
  abstract registerAddress(i: number): Value;
  protected abstract readGprOperand(i: number): Value;
  protected abstract writeGprOperand(i: number, value: Value): void;
  protected abstract immediate(i: number): Value;
  /** Offset part of memory operand `i` (before segmentation), i64. */
  abstract effectiveAddress(i: number): Value;
  /** Adds the segment's base and checks its limits; returns the linear address as an i64. */
  protected abstract linear(
    offset: Value,
    operand: { segment: Value | number; segmented: boolean; access: number },
  ): Value;
  /** Segment of memory operand `i`, as an encoding or (interpreter) a value that is its state address. */
  protected abstract segmentOf(i: number): Value | number;
  /** Address of this instruction (RIP/EIP/IP), i64. */
  abstract currentRip(): Value;
  /** Address of the following instruction (RIP/EIP/IP), i64. */
  abstract nextRip(): Value;
  /** Ends the block: continue at `target` (i64, already truncated to the code size). */
  abstract jump(target: Value): void;
  /** Ends the block at relative operand `i`. */
  abstract jumpRelative(i: number): void;
  /** Ends the block: relative operand `i` when `condition`, else the next instruction. */
  abstract jumpRelativeIf(condition: Value, i: number): void;
  /** Raises exception `vector` at this instruction; `errorCode` where the vector has one. */
  abstract raise(vector: number, errorCode?: number): void;
  /** Interpreter only: a host helper working on the whole state; see `cpu/host-helpers.ts`. */
  abstract host(name: string, ...args: Value[]): void;
  /** Ends the block after state changed that blocks depend on, or when `attention` may matter. */
  abstract endBlock(always: boolean): void;
  /** From here on faults keep the register writes made so far (string instructions between iterations). */
  abstract restartable(): void;
  /** In a restartable instruction: an iteration is complete, and what it did stays. */
  restartPoint(): void {}
  /** Ends the block after a helper that chose the next RIP. */
  abstract leave(): void;
  /** The same when the mode is known already: goes on at RIP unless something waits. */
  abstract arrive(): void;
  /** Retired instructions before this one, i64. */
  abstract instructionCount(): Value;

  // ---- operands ----------------------------------------------------------------------------------------------

  operand(i: number): Operand {
    return this.instruction.operands[i] as Operand;
  }

  get operandSize(): number {
    return this.instruction.operandSize;
  }

  isMemory(i: number): boolean {
    return this.instruction.operands[i]?.kind === 'memory';
  }

  isRegister(i: number): boolean {
    return this.instruction.operands[i]?.kind === 'register';
  }

  size(i: number): number {
    return this.operand(i).size;
  }

  /** Operand `i`, in the integer (or given) type of its size. Immediates are extended to the operand size. */
  read(i: number, type: ValueType = integerType(this.size(i))): Value {
    const operand = this.operand(i);
    if (operand.kind === 'immediate' || operand.kind === 'relative') return this.immediate(i);
    if (operand.kind === 'memory') return this.load(i, type, operand.size);
    if (operand.file === 'gpr') return this.readGprOperand(i);
    return this.let(this.loadMemory(type, operand.size, this.registerAddress(i)));
  }

  /** Writes operand `i`. Vector registers keep what lies above the value's size. */
  write(i: number, value: Value): void {
    const operand = this.operand(i);
    if (operand.kind === 'memory') this.store(i, value, operand.size);
    else if (operand.kind === 'register' && operand.file === 'gpr') this.writeGprOperand(i, value);
    else this.storeMemory(operand.size, this.registerAddress(i), 0, value);
  }

  /** Loads memory operand `i` at its offset + `step` (i64); for bit strings. */
  loadDisplaced(i: number, step: Value): Value {
    const operand = this.operand(i) as MemoryOperand;
    const access = this.accessOf(operand, false);
    return this.loadLinear(this.displaced(i, step, access), integerType(operand.size), operand.size, access);
  }

  /** `update` of memory operand `i` at its offset + `step` (i64). */
  updateDisplaced(i: number, step: Value, change: (old: Value) => Value): void {
    const access = this.accessOf(this.operand(i) as MemoryOperand, true);
    this.updateLinear(this.let(this.displaced(i, step, access)), access, change);
  }

  private displaced(i: number, step: Value, access: number): Value {
    const { segmented } = this.operand(i) as MemoryOperand;
    const offset = this.offsetIn(this.instruction.addressSize, this.add(this.effectiveAddress(i), step));
    return this.linear(offset, { segment: this.segmentOf(i), segmented, access });
  }

  /** Reads, changes and writes operand `i`; `change` gets the old value (fixed) and returns the new one. */
  update(i: number, change: (old: Value) => Value): void {
    const operand = this.operand(i);
    if (operand.kind !== 'memory') {
      this.write(i, change(this.let(this.read(i))));
      return;
    }
    this.updateMemory(i, this.accessOf(operand, true), change);
  }

  protected updateMemory(i: number, access: number, change: (old: Value) => Value): void {
    this.updateLinear(this.address(i, access), access, change);
  }

  /** Areas of more bytes than a descriptor's size field holds are accessed in pieces; `address` checks their first byte. */
  private accessOf(operand: MemoryOperand, write: boolean): number {
    const stack = operand.segment === SEGMENT.ss;
    const size = operand.size > 0xff ? 1 : operand.size;
    return size | (write ? ACCESS_WRITE : 0) | (stack ? ACCESS_STACK : 0);
  }

  /** Linear address of memory operand `i`, with segment checks, fixed. */
  address(i: number, access = this.accessOf(this.operand(i) as MemoryOperand, false)): Value {
    const { segmented } = this.operand(i) as MemoryOperand;
    return this.let(this.linear(this.effectiveAddress(i), { segment: this.segmentOf(i), segmented, access }));
  }

  /** Loads `bytes` at memory operand `i` + offset. */
  load(i: number, type: ValueType, bytes: number, offset = 0): Value {
    const access = (this.accessOf(this.operand(i) as MemoryOperand, false) & ~0xff) | bytes;
    const at = this.effectiveAddress(i);
    const { segmented } = this.operand(i) as MemoryOperand;
    const address = this.linear(offset === 0 ? at : this.add(at, this.i64(offset)), {
      segment: this.segmentOf(i),
      segmented,
      access,
    });
    return this.loadLinear(address, type, bytes, access);
  }

  /** Stores `bytes` of a value at memory operand `i` + offset. */
  store(i: number, value: Value, bytes: number, offset = 0): void {
    const access = (this.accessOf(this.operand(i) as MemoryOperand, true) & ~0xff) | bytes;
    const at = this.effectiveAddress(i);
    const { segmented } = this.operand(i) as MemoryOperand;
    const address = this.linear(offset === 0 ? at : this.add(at, this.i64(offset)), {
      segment: this.segmentOf(i),
      segmented,
      access,
    });
    this.storeLinear(address, value, bytes, access);
  }

  /** Faults as a store of `bytes` at memory operand `i` + offset would; for operands that are stored in pieces. */
  probeStore(i: number, bytes: number, offset: number): void {
    const access = (this.accessOf(this.operand(i) as MemoryOperand, true) & ~0xff) | bytes;
    const { segmented } = this.operand(i) as MemoryOperand;
    const at = this.add(this.effectiveAddress(i), this.i64(offset));
    this.translate(this.let(this.linear(at, { segment: this.segmentOf(i), segmented, access })), access);
  }

  // ---- memory by segment and offset --------------------------------------------------------------------------

  /** Is an access through `segment` (encoding) subject to base and limits in this mode? */
  isSegmented(segment: number): boolean {
    return segment >= SEGMENT.fs || (this.mode.codeSize !== 8 && !this.mode.flat);
  }

  loadAt(segment: number, offset: Value, bytes: number, type: ValueType = integerType(bytes)): Value {
    const access = bytes | (segment === SEGMENT.ss ? ACCESS_STACK : 0);
    const address = this.linear(offset, { segment, segmented: this.isSegmented(segment), access });
    return this.loadLinear(address, type, bytes, access);
  }

  storeAt(segment: number, offset: Value, value: Value, bytes: number): void {
    const access = bytes | ACCESS_WRITE | (segment === SEGMENT.ss ? ACCESS_STACK : 0);
    const address = this.linear(offset, { segment, segmented: this.isSegmented(segment), access });
    this.storeLinear(address, value, bytes, access);
  }

  /** Faults as a store of `bytes` there would, and writes nothing. */
  probeWrite(segment: number, offset: Value, bytes: number): void {
    const access = bytes | ACCESS_WRITE | (segment === SEGMENT.ss ? ACCESS_STACK : 0);
    const address = this.linear(offset, { segment, segmented: this.isSegmented(segment), access });
    this.translate(this.let(address), access);
  }

  // ---- stack -------------------------------------------------------------------------------------------------

  /** `rsp + delta`, wrapped to the stack size, i64. */
  stackOffset(delta: number): Value {
    return this.offsetIn(this.mode.stackSize, this.add(this.gpr(4, 8), this.i64(delta)));
  }

  /** An i64 reduced to an address of `size` bytes. */
  offsetIn(size: number, value: Value): Value {
    if (size === 8) return value;
    return size === 4 ? this.widen(this.wrap(value)) : this.and(value, this.i64(0xffff));
  }

  /** Moves the stack pointer (only its low 2 bytes with a 16-bit stack). */
  adjustStack(delta: number): void {
    this.setStack(this.add(this.gpr(4, 8), this.i64(delta)));
  }

  setStack(value: Value): void {
    const size = this.mode.stackSize;
    this.setGpr(4, size, size === 8 ? value : this.truncate(this.wrap(value), size));
  }

  push(unfixed: Value, size: number): void {
    const value = this.let(unfixed);
    this.storeAt(SEGMENT.ss, this.stackOffset(-size), value, size);
    this.adjustStack(-size);
  }

  /** Loads from the top of the stack without moving it; follow with `adjustStack`. */
  top(size: number, offset = 0): Value {
    return this.loadAt(SEGMENT.ss, this.stackOffset(offset), size);
  }

  // ---- values ------------------------------------------------------------------------------------------------

  /** Clears what lies above `size` bytes of an i32. */
  truncate(value: Value, size: number): Value {
    return size === 1 ? this.and(value, this.i32(0xff)) : size === 2 ? this.and(value, this.i32(0xffff)) : value;
  }

  /** A constant of the type for `size`. */
  constant(size: number, value: number | bigint): Value {
    const type = integerType(size);
    const bits = type === 'i64' ? 64 : 32;
    return this.int(type, BigInt.asIntN(bits, BigInt.asUintN(size * 8, BigInt(value))));
  }

  /** Zero-extends or cuts an integer from one size to another. */
  resize(value: Value, to: number): Value {
    return to === 8 ? this.widen(value) : this.truncate(this.wrap(value), to);
  }

  /** Sign-extends from `from` bytes to `to`. */
  resizeSigned(value: Value, from: number, to: number): Value {
    const inOwn = this.signExtend(value, from);
    return to === 8 ? this.widenSigned(inOwn) : this.truncate(this.wrap(inOwn), to);
  }

  /** A plain state field. */
  state(name: string): Value {
    const field = STATE_FIELDS[name]!;
    const bytes = field.type === 'v128' ? 16 : field.type === 'i64' ? 8 : 4;
    return this.let(this.loadMemory(field.type, bytes, this.i32(0), field.address));
  }

  setState(name: string, value: Value): void {
    const field = STATE_FIELDS[name]!;
    this.storeMemory(field.type === 'v128' ? 16 : field.type === 'i64' ? 8 : 4, this.i32(0), field.address, value);
  }

  segmentField(segment: number, offset: number): Value {
    const type = offset < SEGMENT_OFFSETS.selector ? 'i64' : 'i32';
    return this.let(this.loadMemory(type, type === 'i64' ? 8 : 4, this.i32(0), segmentAddress(segment) + offset));
  }

  // ---- odds and ends --------------------------------------------------------------------------------------------

  /** PUSHF and POPF in virtual-8086 mode need IOPL 3 (SDM volume 3, 21.2.1). */
  requireVirtual8086Privilege(): void {
    if (this.mode.codeSize === 8) return;
    const watched = this.and(this.state('eflags'), this.i32(VM | IOPL));
    const blocked = this.and(
      this.ne(this.and(watched, this.i32(VM)), this.i32(0)),
      this.ne(watched, this.i32(VM | IOPL)),
    );
    this.raiseIf(blocked, 13, 0);
  }

  /** Linear address of memory operand `i` without limit checks (INVLPG). */
  addressForInvalidation(i: number): Value {
    const { segmented } = this.operand(i) as MemoryOperand;
    return this.let(this.linear(this.effectiveAddress(i), { segment: this.segmentOf(i), segmented, access: 0 }));
  }

  // ---- exceptions --------------------------------------------------------------------------------------------

  raiseIf(condition: Value, vector: number, errorCode?: number): void {
    this.ifRarely(condition, () => this.raise(vector, errorCode));
  }

  /** #GP(0) unless bits 63:47 of a fixed i64 are equal (SDM volume 1, 3.3.7.1). */
  requireCanonical(address: Value): void {
    const extended = this.shrS(this.shl(address, this.i64(16)), this.i64(16));
    this.raiseIf(this.ne(extended, address), 13, 0);
  }

  /** #GP(0) unless memory operand `i` is aligned to `bytes`. */
  requireAligned(i: number, bytes: number): void {
    if (!this.isMemory(i)) return;
    const address = this.wrap(this.address(i));
    this.raiseIf(this.ne(this.and(address, this.i32(bytes - 1)), this.i32(0)), 13, 0);
  }

  /** Traps (#UD, #NM, #MF) when the unit's state must not be touched now; see `cpu/fpu-traps.ts`. */
  requireUnit(unit: Unit): void {
    this.ifRarely(this.state(`${unit}Trap`), () => this.raise(trapOf(unit)));
    if (unit === 'mmx') this.requireUnit('x87');
  }

  /** A fresh local that survives the instruction; for loops in semantic functions. */
  loopVariable(initial: Value): Variable {
    const variable = this.temp(initial.type);
    this.set(variable, initial);
    return variable;
  }
}
