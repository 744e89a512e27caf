/**
 * Operands of a region's instructions: general registers in locals, constants, and addresses relative to the region's
 * origin. Where control goes is `region-builder.ts`.
 */
import { InvariantError } from '../../core/errors.js';
import type { Variable } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';
import type { WasmModule } from '../codegen/wasm-module.js';
import { gprAddress, SEGMENT_OFFSETS, segmentAddress } from '../cpu/state-layout.js';
import { registerField } from '../interpreter/handler-builder.js';
import {
  type CpuMode,
  type ImmediateOperand,
  type MemoryOperand,
  type RegisterOperand,
  RIP_BASE,
} from '../isa/instruction.js';
import { ACCESS_WRITE } from '../isa/instruction-builder.js';
import { TLB_SUPERVISOR, TLB_USER } from '../mmu/tlb-layout.js';
import type { RegionBlock } from './region-blocks.js';
import { RegionWindows } from './region-windows.js';

export abstract class RegionOperands extends RegionWindows {
  private readonly registers: (Variable | undefined)[] = [];
  private readonly written = new Set<number>();
  /** RIP of the region's origin in the mapping that runs. */
  protected readonly base: Variable;
  protected current!: RegionBlock;
  /** Number of the instruction in its block, and its distance from the block's start. */
  protected position = 0;
  protected offset = 0;

  protected constructor(module: WasmModule, mode: CpuMode, usedRegisters: ReadonlySet<number>) {
    super(module, ['i32'], mode);
    for (let index = 0; index < 16; index++) {
      this.registers.push(usedRegisters.has(index) ? this.variable('i64') : undefined);
    }
    this.base = this.variable('i64');
  }

  protected loadRegisters(): void {
    this.registers.forEach((variable, index) => {
      if (variable !== undefined) this.set(variable, this.loadMemory('i64', 8, this.i32(0), gprAddress(index)));
    });
  }

  protected storeRegisters(): void {
    for (const index of this.written) {
      this.storeMemory(8, this.i32(0), gprAddress(index), this.get(this.registers[index] as Variable));
    }
  }

  // ---- registers ---------------------------------------------------------------------------------------------

  private register(index: number): Variable {
    const variable = this.registers[index];
    if (variable === undefined) throw new InvariantError(`register ${index} is not in the region's set`);
    return variable;
  }

  gpr(index: number, size: number, high = false): Value {
    const wide = this.get(this.register(index));
    if (size === 8) return wide;
    const word = this.wrap(wide);
    return this.truncate(high ? this.shrU(word, this.i32(8)) : word, size);
  }

  setGpr(index: number, size: number, value: Value, high = false): void {
    const variable = this.register(index);
    this.written.add(index);
    this.committed = true;
    this.forgetWindow(index);
    if (size >= 4) {
      this.set(variable, this.widen(value));
      return;
    }
    const shift = high ? 8 : 0;
    const mask = (size === 1 ? 0xffn : 0xffffn) << BigInt(shift);
    const kept = this.and(this.get(variable), this.i64(BigInt.asIntN(64, ~mask)));
    this.set(variable, this.or(kept, this.shl(this.widen(value), this.i64(shift))));
  }

  registerAddress(i: number): Value {
    return this.i32(registerField(this.operand(i) as RegisterOperand));
  }

  protected readGprOperand(i: number): Value {
    const { index, size, high } = this.operand(i) as RegisterOperand;
    return this.gpr(index, size, high);
  }

  protected writeGprOperand(i: number, value: Value): void {
    const { index, size, high } = this.operand(i) as RegisterOperand;
    this.setGpr(index, size, value, high);
  }

  protected immediate(i: number): Value {
    const { size, value } = this.operand(i) as ImmediateOperand;
    return this.constant(size, value);
  }

  // ---- memory ------------------------------------------------------------------------------------------------

  effectiveAddress(i: number): Value {
    const { base, index, scale, displacement } = this.operand(i) as MemoryOperand;
    if (base === RIP_BASE) {
      const next = this.current.delta + this.offset + this.instruction.length;
      const sum = this.add(this.get(this.base), this.i64(next + Number(displacement)));
      return this.offsetIn(this.instruction.addressSize, sum);
    }
    if (this.instruction.addressSize === 4) return this.widen(this.effectiveNarrow(base, index, scale, displacement));
    let sum: Value | undefined;
    if (base >= 0) sum = this.gpr(base, 8);
    if (index >= 0) {
      const scaled = this.shl(this.gpr(index, 8), this.i64(scale));
      sum = sum === undefined ? scaled : this.add(sum, scaled);
    }
    const offset = this.i64(displacement);
    return this.offsetIn(this.instruction.addressSize, sum === undefined ? offset : this.add(sum, offset));
  }

  private effectiveNarrow(base: number, index: number, scale: number, displacement: number | bigint): Value {
    const offset = this.i32(Number(displacement));
    let sum: Value | undefined;
    if (base >= 0) sum = this.gpr(base, 4);
    if (index >= 0) {
      const scaled = this.shl(this.gpr(index, 4), this.i32(scale));
      sum = sum === undefined ? scaled : this.add(sum, scaled);
    }
    return sum === undefined ? offset : this.add(sum, offset);
  }

  protected segmentOf(i: number): number {
    return (this.operand(i) as MemoryOperand).segment;
  }

  protected linear(
    offset: Value,
    { segment, segmented, access }: { segment: Value | number; segmented: boolean; access: number },
  ): Value {
    if (!segmented) return offset;
    const address = segmentAddress(segment as number);
    const base = this.loadMemory('i64', 8, this.i32(0), address + SEGMENT_OFFSETS.base);
    if (this.mode.codeSize === 8) return this.add(offset, base);
    const fixed = this.let(offset);
    if (access !== 0) {
      const bound = (access & ACCESS_WRITE) === 0 ? SEGMENT_OFFSETS.readEnd : SEGMENT_OFFSETS.writeEnd;
      const end = this.add(fixed, this.i64(access & 0xff));
      this.ifRarely(this.compare('gtU', end, this.loadMemory('i64', 8, this.i32(0), address + bound)), () => {
        this.setState('argument0', fixed);
        const allowed = this.call('segmentCheck', { params: ['i32', 'i32', 'i32'], results: ['i32'] }, [
          this.i32(address),
          this.i32(access),
          this.i32(0),
        ]) as Value;
        this.ifRarely(this.eqz(allowed), () => this.leaveOnFault());
      });
    }
    return this.and(this.add(fixed, base), this.i64(0xffffffff));
  }

  protected tlb(): [undefined, number] {
    return [undefined, this.mode.user ? TLB_USER : TLB_SUPERVISOR];
  }

  protected recordPointer(): Value {
    return this.i32(0);
  }

  protected commitUpdate(): void {}
}
