/**
 * Flags in a region: kept as the operation that makes them, with its operands in locals, and turned into flag words only
 * where something reads them or the region is left.
 */
import type { Variable } from '../codegen/op-builder.js';
import { OP, type Value } from '../codegen/value.js';
import type { ValueType, WasmModule } from '../codegen/wasm-module.js';
import { stateAddress } from '../cpu/state-layout.js';
import { conditionAtRest, conditionOf, type PendingFlags } from '../isa/conditions.js';
import { type FlagKind, flagKinds } from '../isa/flag-kinds.js';
import type { CpuMode } from '../isa/instruction.js';
import { InstructionBuilder } from '../isa/instruction-builder.js';
import type { FlagSource } from './flag-sources.js';
import { flagCode, flagSlotAddress, slotTypes } from './leave.js';

/** Operands of the last flag-setting operation, in locals of both integer types. */
type Slot = Readonly<Record<'i32' | 'i64', Variable>>;

export abstract class RegionFlags extends InstructionBuilder {
  protected readonly flagsResult: Variable;
  protected readonly flagsExtra: Variable;
  protected readonly slots: readonly [Slot, Slot, Slot];
  /**
   * What the flags follow from: an operation, 'carried' (whatever the local `flagCode` says: an operation in the slots
   * or, at 0, the flag words), or undefined (the flag words).
   */
  protected pending: PendingFlags | 'carried' | undefined;
  protected readonly flagCode: Variable;
  /** What carried flags come from most likely, when the blocks before say so. */
  protected expected: FlagSource | undefined;
  protected sources: readonly (FlagSource | undefined)[] = [];
  /** A register or flag of the running instruction was written: leaving would not be precise any more. */
  protected committed = false;

  protected constructor(module: WasmModule, parameters: readonly ValueType[], mode: CpuMode) {
    super(module, parameters, mode);
    this.flagsResult = this.variable('i64');
    this.flagsExtra = this.variable('i64');
    const slot = (): Slot => ({ i32: this.variable('i32'), i64: this.variable('i64') });
    this.slots = [slot(), slot(), slot()];
    this.flagCode = this.variable('i32');
  }

  protected storeSlots(): void {
    this.slots.forEach((slot, i) => {
      this.storeMemory(8, this.i32(0), flagSlotAddress(i, 'i64'), this.get(slot.i64));
      this.storeMemory(4, this.i32(0), flagSlotAddress(i, 'i32'), this.get(slot.i32));
    });
  }

  /** Makes the state that blocks start from: operands in slots, and the code that says so. */
  protected carryFlags(): void {
    const { pending } = this;
    if (pending === 'carried') return;
    if (pending === undefined) {
      this.setQuietly(this.flagCode, this.i32(0));
      return;
    }
    const types = slotTypes(pending.kind, pending.size);
    [pending.left, pending.right, pending.result].forEach((value, i) => {
      if (value.isConst) this.setQuietly((this.slots[i] as Slot)[types[i] as 'i32' | 'i64'], value);
    });
    this.setQuietly(this.flagCode, this.i32(flagCode(pending.kind, pending.size)));
  }

  /** Flag words for the outside, on a path that leaves; carried ones are left to the region's end. */
  protected restQuietly(): void {
    if (this.pending !== 'carried' && this.pending !== undefined) {
      const [result, extra] = this.wordsOf(this.pending);
      this.setQuietly(this.flagsExtra, extra);
      this.setQuietly(this.flagsResult, result);
    }
    if (this.pending !== 'carried') this.setQuietly(this.flagCode, this.i32(0));
  }

  /** Turns carried flags into the flag words. */
  protected restCarried(): void {
    this.if(this.get(this.flagCode), () => {
      this.storeSlots();
      this.call('restFlags', { params: ['i32'], results: [] }, [this.get(this.flagCode)]);
      this.set(this.flagsResult, this.loadMemory('i64', 8, this.i32(0), stateAddress('flagsResult')));
      this.set(this.flagsExtra, this.loadMemory('i64', 8, this.i32(0), stateAddress('flagsExtra')));
      this.set(this.flagCode, this.i32(0));
    });
  }

  /** Sets a variable without making values stale: only on paths that leave. */
  protected setQuietly(variable: Variable, value: Value): void {
    this.emit(value);
    this.code.byte(OP.localSet);
    this.code.unsigned(variable.index);
  }

  // ---- flags -------------------------------------------------------------------------------------------------

  protected wordsOf(pending: PendingFlags): [Value, Value] {
    const { kind, size, left, right, result } = pending;
    const word = this.signExtend(this.widen(result), size);
    return [word, flagKinds[kind].extra(this, size, left, right, result)];
  }

  restFlags(): void {
    const { pending } = this;
    this.pending = undefined;
    if (pending === 'carried') this.restCarried();
    else if (pending !== undefined) {
      const [result, extra] = this.wordsOf(pending);
      this.set(this.flagsExtra, extra);
      this.set(this.flagsResult, result);
    }
  }

  flagWords(): [Value, Value] {
    this.restFlags();
    return [this.get(this.flagsResult), this.get(this.flagsExtra)];
  }

  setFlagWords(result: Value, extra: Value): void {
    const fixed = this.let(extra);
    this.pending = undefined;
    this.committed = true;
    this.set(this.flagsResult, result);
    this.set(this.flagsExtra, fixed);
  }

  setFlags(kind: FlagKind, size: number, left: Value, right: Value, result: Value): void {
    this.committed = true;
    const keep = (value: Value, slot: Slot): Value => {
      if (value.isConst) return value;
      const variable = slot[value.type as 'i32' | 'i64'];
      this.set(variable, value);
      return this.get(variable);
    };
    // A carry that the new operation keeps may be read from the old slots, so all three are fixed values already.
    this.pending = {
      kind,
      size,
      left: keep(left, this.slots[0]),
      right: keep(right, this.slots[1]),
      result: keep(result, this.slots[2]),
    };
  }

  condition(code: number): Value {
    const { pending, expected } = this;
    if (pending === 'carried' && expected !== undefined) return this.carriedCondition(code, expected);
    if (pending === 'carried') this.restFlags();
    else if (pending !== undefined) return conditionOf(this, code, pending);
    return conditionAtRest(this, code, this.get(this.flagsResult), this.get(this.flagsExtra));
  }

  /** From carried flags, without the flag words when they are from the operation that was expected; it stays carried. */
  private carriedCondition(code: number, { kind, size }: FlagSource): Value {
    const types = slotTypes(kind, size);
    const [left, right, result] = this.slots.map((slot, i) => this.get(slot[types[i] as 'i32' | 'i64'])) as [
      Value,
      Value,
      Value,
    ];
    const holds = this.temp('i32');
    this.emit(this.compare('eq', this.get(this.flagCode), this.i32(flagCode(kind, size))));
    this.expect(true);
    this.open(OP.if);
    this.set(holds, conditionOf(this, code, { kind, size, left, right, result }));
    this.else();
    this.restCarried();
    this.set(holds, conditionAtRest(this, code, this.get(this.flagsResult), this.get(this.flagsExtra)));
    this.close();
    return this.get(holds);
  }
}
