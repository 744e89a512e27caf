/**
 * The interpreter's instruction builder: writes one handler, a function (record) -> exit code that reads its operands
 * through a micro-op record and ends in a tail call to the next record's handler.
 */
import { OP, type Value } from '../codegen/value.js';
import type { WasmModule } from '../codegen/wasm-module.js';
import { hostHelperIndex } from '../cpu/host-helper-names.js';
import { gprAddress, SEGMENT_OFFSETS, segmentAddress, stateAddress } from '../cpu/state-layout.js';
import { conditionAtRest } from '../isa/conditions.js';
import { type FlagKind, flagKinds } from '../isa/flag-kinds.js';
import type { CpuMode, Instruction, MemoryOperand, RegisterOperand } from '../isa/instruction.js';
import { ACCESS_WRITE, InstructionBuilder, integerType } from '../isa/instruction-builder.js';
import { TLB_SUPERVISOR } from '../mmu/tlb-layout.js';
import { EXIT } from './exit-code.js';
import { RECORD, RECORD_BYTES, SECOND_IMMEDIATE } from './micro-op.js';

/** Places for staleness checks: any register write may hit any register operand, so the file is one place. */
const GPR_PLACE = 1_000_000;
const FLAGS_PLACE = 1_000_001;

const HANDLER_TYPE = { params: ['i32'], results: ['i32'] } as const;

export class HandlerBuilder extends InstructionBuilder {
  protected readonly record: Value;
  private ended = false;

  constructor(module: WasmModule, mode: CpuMode) {
    super(module, ['i32'], mode);
    this.record = this.get({ type: 'i32', index: 0 });
  }

  /** Writes the whole handler for an instruction of this shape. */
  build(instruction: Instruction, exportName: string): void {
    this.instruction = instruction;
    this.beginInstruction();
    instruction.row.run(this);
    if (!this.ended) this.fallThrough();
    this.code.byte(0x00); // unreachable: every path above returned
    this.finish(exportName, ['i32']);
  }

  // What the instrumented builder overrides: here nothing is emitted.

  /** Before anything else of the instruction. */
  protected beginInstruction(): void {}
  /** A branch is taken to `target`; returns the target to use. */
  protected taken(target: Value): Value {
    return target;
  }
  /** The block ends, but not by a branch. */
  protected fallsOutOfBlock(): void {}

  protected field(offset: number): Value {
    return this.loadMemory('i32', 4, this.record, offset);
  }

  private fallThrough(): void {
    this.emit(this.add(this.record, this.i32(RECORD_BYTES)));
    this.emit(this.field(RECORD_BYTES + RECORD.handler));
    this.code.byte(OP.returnCallIndirect);
    this.code.unsigned(this.module.type(HANDLER_TYPE));
    this.code.byte(0);
  }

  // ---- registers ---------------------------------------------------------------------------------------------

  private loadRegister(address: Value, size: number, high = false): Value {
    return this.loadMemory(integerType(size), size, address, high ? 1 : 0, GPR_PLACE);
  }

  private storeRegister(address: Value, size: number, value: Value): void {
    if (size === 4) this.storeMemory(8, address, 0, this.widen(value));
    else this.storeMemory(size, address, 0, value);
    this.touch(GPR_PLACE);
  }

  gpr(index: number, size: number, high = false): Value {
    return this.loadRegister(this.i32(gprAddress(index)), size, high);
  }

  setGpr(index: number, size: number, value: Value, high = false): void {
    this.storeRegister(this.i32(gprAddress(index) + (high ? 1 : 0)), size, value);
  }

  registerAddress(i: number): Value {
    return this.field(RECORD.registers + 4 * i);
  }

  protected readGprOperand(i: number): Value {
    return this.loadRegister(this.registerAddress(i), this.size(i));
  }

  protected writeGprOperand(i: number, value: Value): void {
    this.storeRegister(this.registerAddress(i), this.size(i), value);
  }

  protected immediate(i: number): Value {
    const size = this.size(i);
    const first = this.instruction.operands.findIndex((one) => one.kind === 'immediate');
    if (first !== i && this.operand(i).kind === 'immediate') return this.field(SECOND_IMMEDIATE);
    const wide = this.loadMemory('i64', 8, this.record, RECORD.immediate);
    return size === 8 ? wide : this.truncate(this.loadMemory('i32', 4, this.record, RECORD.immediate), size);
  }

  // ---- addresses ---------------------------------------------------------------------------------------------

  effectiveAddress(i: number): Value {
    const operand = this.operand(i) as MemoryOperand;
    let sum = this.loadMemory('i64', 8, this.record, RECORD.displacement);
    if (operand.base >= 0) sum = this.add(this.loadRegister(this.field(RECORD.base), 8), sum);
    if (operand.index >= 0) {
      const index = this.loadRegister(this.field(RECORD.index), 8);
      sum = this.add(sum, this.shl(index, this.widen(this.field(RECORD.scale))));
    }
    return this.offsetIn(this.instruction.addressSize, sum);
  }

  protected segmentOf(i: number): Value {
    void i;
    return this.field(RECORD.segment);
  }

  protected linear(
    offset: Value,
    { segment, segmented, access }: { segment: Value | number; segmented: boolean; access: number },
  ): Value {
    if (!segmented) return offset;
    const address = typeof segment === 'number' ? this.i32(segmentAddress(segment)) : segment;
    const base = this.loadMemory('i64', 8, address, SEGMENT_OFFSETS.base);
    if (this.mode.codeSize === 8) return this.add(offset, base);
    const fixed = this.let(offset);
    if (access !== 0) {
      const bound = (access & ACCESS_WRITE) === 0 ? SEGMENT_OFFSETS.readEnd : SEGMENT_OFFSETS.writeEnd;
      const end = this.add(fixed, this.i64(access & 0xff));
      this.ifRarely(this.compare('gtU', end, this.loadMemory('i64', 8, address, bound)), () => {
        this.setState('argument0', fixed);
        const allowed = this.call('segmentCheck', { params: ['i32', 'i32', 'i32'], results: ['i32'] }, [
          address,
          this.i32(access),
          this.record,
        ]) as Value;
        this.ifRarely(this.eqz(allowed), () => this.leaveOnFault());
      });
    }
    return this.and(this.add(fixed, base), this.i64(0xffffffff));
  }

  protected tlb(): [Value, number] {
    return [this.loadMemory('i32', 4, this.i32(0), stateAddress('tlbOffset')), TLB_SUPERVISOR];
  }

  protected recordPointer(): Value {
    return this.record;
  }

  protected leaveOnFault(): void {
    this.return(this.loadMemory('i32', 4, this.i32(0), stateAddress('exitCode')));
  }

  protected commitUpdate(host: Value, access: number): void {
    this.if(this.eq(host, this.i32(stateAddress('bounce'))), () => {
      this.call('slowCommit', { params: ['i32'], results: [] }, [this.i32(access)]);
    });
  }

  // ---- flags -------------------------------------------------------------------------------------------------

  private flagWord(name: 'flagsResult' | 'flagsExtra'): Value {
    return this.loadMemory('i64', 8, this.i32(0), stateAddress(name), FLAGS_PLACE);
  }

  flagWords(): [Value, Value] {
    return [this.flagWord('flagsResult'), this.flagWord('flagsExtra')];
  }

  setFlagWords(result: Value, extra: Value): void {
    const fixed = this.let(extra);
    this.setState('flagsResult', result);
    this.setState('flagsExtra', fixed);
    this.touch(FLAGS_PLACE);
  }

  setFlags(kind: FlagKind, size: number, left: Value, right: Value, result: Value): void {
    const extra = flagKinds[kind].extra(this, size, left, right, result);
    this.setFlagWords(this.signExtend(this.widen(result), size), extra);
  }

  condition(code: number): Value {
    const [result, extra] = this.flagWords();
    return conditionAtRest(this, code, result, extra);
  }

  restFlags(): void {}

  // ---- control -----------------------------------------------------------------------------------------------

  private ripAt(delta: Value): Value {
    const sum = this.add(this.loadMemory('i64', 8, this.i32(0), stateAddress('blockRip')), delta);
    return this.offsetIn(this.mode.codeSize, sum);
  }

  currentRip(): Value {
    return this.ripAt(this.widenSigned(this.field(RECORD.start)));
  }

  nextRip(): Value {
    return this.ripAt(this.widenSigned(this.field(RECORD.next)));
  }

  jump(target: Value): void {
    this.goTo(this.taken(target));
  }

  private goTo(target: Value): void {
    this.setState('rip', target);
    this.nextBlock();
    this.ended = true;
  }

  private nextBlock(): void {
    this.code.byte(OP.returnCall);
    this.code.unsigned(this.module.importFunction('nextBlock', { params: [], results: ['i32'] }));
  }

  jumpRelative(i: number): void {
    void i;
    const target = this.ripAt(this.loadMemory('i64', 8, this.record, RECORD.immediate));
    // A 16-bit operand size cuts the target even in wider code.
    this.jump(this.instruction.operandSize === 2 ? this.and(target, this.i64(0xffff)) : target);
  }

  jumpRelativeIf(condition: Value, i: number): void {
    this.if(condition, () => this.jumpRelative(i));
    this.goTo(this.nextRip());
  }

  endBlock(always: boolean): void {
    this.setState('rip', this.nextRip());
    this.fallsOutOfBlock();
    if (always) this.leave();
    else this.arrive();
  }

  arrive(): void {
    this.ifRarely(this.loadMemory('i32', 4, this.i32(0), stateAddress('attention')), () =>
      this.return(this.i32(EXIT.event)),
    );
    this.nextBlock();
    this.ended = true;
  }

  leave(): void {
    this.return(this.i32(EXIT.event));
    this.ended = true;
  }

  raise(vector: number, errorCode = 0): void {
    this.call('raise', { params: ['i32', 'i32', 'i32'], results: [] }, [
      this.i32(vector),
      this.i32(errorCode),
      this.record,
    ]);
    this.return(this.loadMemory('i32', 4, this.i32(0), stateAddress('exitCode')));
  }

  host(name: string, ...args: Value[]): void {
    args.forEach((arg, i) => {
      this.setState(`argument${i}`, arg);
    });
    const code = this.call('host', { params: ['i32', 'i32'], results: ['i32'] }, [
      this.i32(hostHelperIndex(name)),
      this.record,
    ]) as Value;
    this.if(code, () => this.return(code));
    // The helper may have changed any register.
    this.touch(GPR_PLACE);
    this.touch(FLAGS_PLACE);
  }

  restartable(): void {}

  instructionCount(): Value {
    const pending = this.add(
      this.loadMemory('i32', 4, this.i32(0), stateAddress('remaining')),
      this.field(RECORD.left),
    );
    return this.sub(this.state('icountBase'), this.widenSigned(pending));
  }
}

/** Register operands as the record holds them: a state address, or a plain number for files without one. */
export function registerField(operand: RegisterOperand): number {
  switch (operand.file) {
    case 'gpr':
      return gprAddress(operand.index) + (operand.high ? 1 : 0);
    case 'xmm':
      return stateAddress('xmm0') + operand.index * 16;
    case 'mmx':
      return stateAddress('fpr0') + operand.index * 16;
    default:
      return operand.index;
  }
}
