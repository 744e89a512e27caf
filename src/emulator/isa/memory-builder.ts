/**
 * Guest memory for the instruction builders: the inline TLB lookup and what surrounds it, over linear addresses. What
 * the operands of an instruction are is `instruction-builder.ts`; segmentation is the tiers'.
 */
import { OpBuilder } from '../codegen/op-builder.js';
import { OP, type Value } from '../codegen/value.js';
import type { ValueType } from '../codegen/wasm-module.js';
import { stateAddress } from '../cpu/state-layout.js';
import { TLB_INDEX_MASK, TLB_INDEX_SHIFT, TLB_OFFSETS } from '../mmu/tlb-layout.js';

/** Access descriptor handed to the slow paths: size in the low byte, then these bits. */
export const ACCESS_WRITE = 0x100;
export const ACCESS_STACK = 0x200;

const SLOW_TYPE = { params: ['i64', 'i32', 'i32'], results: ['i32'] } as const;

/** The value type of an operand of `size` bytes. */
export const integerType = (size: number): ValueType => (size === 16 ? 'v128' : size === 8 ? 'i64' : 'i32');

export abstract class MemoryBuilder extends OpBuilder {
  /** Slow arm of an access gave no address: leave the instruction as if not begun. */
  protected abstract leaveOnFault(): void;
  /** Micro-op record of this instruction for slow paths; constant 0 in regions. */
  protected abstract recordPointer(): Value;
  /** Address of the TLB in force as [dynamic part or undefined, constant part]. */
  protected abstract tlb(): [Value | undefined, number];
  /** After a store through `update`: completes accesses that have no single host address. */
  protected abstract commitUpdate(host: Value, access: number): void;

  /** Behind a slow path that may have changed the TLB. */
  protected afterMiss(): void {}

  // What instrumented builders override (events/): here nothing is emitted. Addresses and values are fixed.

  /** An access is about to be made; may leave the instruction. */
  protected beforeAccess(_address: Value, _access: number): void {}
  /** A load or store was made; `host` is its WebAssembly address, the bounce buffer's when it has none of its own. */
  protected afterAccess(_address: Value, _access: number, _host: Value, _value: Value): void {}
  /** A read and a write of the same place were made; the new value lies at `host`. */
  protected afterUpdate(_address: Value, _access: number, _host: Value, _old: Value): void {}

  protected loadLinear(linear: Value, type: ValueType, bytes: number, access: number): Value {
    const address = this.let(linear);
    this.beforeAccess(address, access);
    const host = this.translate(address, access);
    // 16 bytes and floats load by type; the loaded value is fixed at once, in program order.
    const value = this.let(this.loadMemory(type, bytes, host));
    this.afterAccess(address, access, host, value);
    return value;
  }

  protected storeLinear(linear: Value, unfixed: Value, bytes: number, access: number): void {
    const address = this.let(linear);
    const value = this.let(unfixed);
    this.beforeAccess(address, access);
    const entry = this.tlbEntry(address);
    this.emit(this.hits(address, entry, bytes, TLB_OFFSETS.writeTag));
    this.expect(true);
    this.open(OP.if);
    const host = this.add(this.wrap(address), this.tlbLoad(entry, TLB_OFFSETS.addend));
    this.storeMemory(bytes, host, 0, value);
    this.afterAccess(address, access, host, value);
    this.else();
    this.storeMemory(bytes, this.i32(0), stateAddress('bounce'), value);
    const done = this.call('missStore', SLOW_TYPE, [address, this.i32(access), this.recordPointer()]) as Value;
    this.ifRarely(this.eqz(done), () => this.leaveOnFault());
    this.afterMiss();
    this.afterAccess(address, access, this.i32(stateAddress('bounce')), value);
    this.close();
  }

  protected tlbEntry(address: Value): { index: Value; base: number } {
    const [dynamic, base] = this.tlb();
    const index = this.and(this.wrap(this.shrU(address, this.i64(TLB_INDEX_SHIFT))), this.i32(TLB_INDEX_MASK));
    return { index: this.let(dynamic === undefined ? index : this.add(index, dynamic)), base };
  }

  protected tlbLoad(entry: { index: Value; base: number }, offset: number): Value {
    const type = offset === TLB_OFFSETS.addend ? 'i32' : 'i64';
    return this.loadMemory(type, type === 'i32' ? 4 : 8, entry.index, entry.base + offset);
  }

  protected hits(address: Value, entry: { index: Value; base: number }, bytes: number, tag: number): Value {
    const last = this.and(this.add(address, this.i64(bytes - 1)), this.i64(-4096));
    return this.compare('eq', last, this.tlbLoad(entry, tag));
  }

  /** WebAssembly address (i32) of a fixed linear address for one access; leaves the instruction on a fault. */
  protected translate(address: Value, access: number): Value {
    const bytes = access & 0xff;
    const entry = this.tlbEntry(address);
    const host = this.temp('i32');
    this.emit(
      this.hits(address, entry, bytes, (access & ACCESS_WRITE) === 0 ? TLB_OFFSETS.readTag : TLB_OFFSETS.writeTag),
    );
    this.expect(true);
    this.open(OP.if, 'i32');
    this.emit(this.add(this.wrap(address), this.tlbLoad(entry, TLB_OFFSETS.addend)));
    this.else();
    const slow = this.call('missAddress', SLOW_TYPE, [address, this.i32(access), this.recordPointer()]) as Value;
    this.ifRarely(this.eqz(slow), () => this.leaveOnFault());
    this.afterMiss();
    this.emit(slow);
    this.close();
    this.code.byte(OP.localSet);
    this.code.unsigned(host.index);
    this.touch(host.index);
    return this.get(host);
  }

  protected updateLinear(address: Value, access: number, change: (old: Value) => Value): void {
    const size = access & 0xff;
    this.beforeAccess(address, access);
    const host = this.let(this.translate(address, access));
    const old = this.let(this.loadMemory(integerType(size), size, host));
    const value = change(old);
    this.storeMemory(size, host, 0, value);
    this.commitUpdate(host, access);
    this.afterUpdate(address, access, host, old);
  }
}
