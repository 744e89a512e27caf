/**
 * The host's view of the processor state: typed-array access to the fields of `state-layout.ts` by name or by index.
 *
 * Holds no rules of the architecture, only storage.
 */
import { STATUS_FLAGS } from '../isa/eflags.js';
import { RAM_BASE, WASM_PAGE } from './memory-map.js';
import type { Observer } from './observer.js';
import { gprAddress, SEGMENT_OFFSETS, STATE_FIELDS, segmentAddress, stateAddress } from './state-layout.js';

/** Segment attributes as stored: descriptor bits 40-55 shifted down to 0, plus this bit for a null segment. */
export const ATTRIBUTE = {
  type: 0x0f,
  /** Type bits of code and data segments. */
  code: 0x08,
  conforming: 0x04,
  expandDown: 0x04,
  readable: 0x02,
  writable: 0x02,
  notSystem: 0x10,
  present: 0x80,
  long: 0x2000,
  big: 0x4000,
  granular: 0x8000,
  unusable: 0x1_0000,
} as const;

const FLAGS_RESULT = stateAddress('flagsResult') >> 2;
const FLAGS_EXTRA = stateAddress('flagsExtra') >> 2;
const EFLAGS = stateAddress('eflags') >> 2;
const CR0_WORD = stateAddress('cr0') >> 2;
const CR4_WORD = stateAddress('cr4') >> 2;
const EFER_WORD = stateAddress('efer') >> 2;
const CPL = stateAddress('cpl') >> 2;
const RIP = stateAddress('rip') >> 3;
const ARGUMENTS = stateAddress('argument0') >> 3;
const RESULTS = stateAddress('result0') >> 3;

export class CpuState {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly view: DataView;
  readonly ramBytes: number;
  /** Who wants to know what happens; see observer.ts. */
  readonly observer: Observer = {};

  constructor(ramBytes: number) {
    const pages = Math.ceil((RAM_BASE + ramBytes) / WASM_PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.view = new DataView(buffer);
    this.ramBytes = ramBytes;
  }

  // ---- fields -------------------------------------------------------------------------------------------------
  // Those that transfers and walks ask for all the time have names of their own: a look-up by name costs as much as ten of them.

  get cr0(): number {
    return this.i32[CR0_WORD] as number;
  }

  get cr4(): number {
    return this.i32[CR4_WORD] as number;
  }

  get efer(): number {
    return this.i32[EFER_WORD] as number;
  }

  get cpl(): number {
    return this.i32[CPL] as number;
  }

  set cpl(value: number) {
    this.i32[CPL] = value;
  }

  get rip(): bigint {
    return this.u64[RIP] as bigint;
  }

  set rip(value: bigint) {
    this.u64[RIP] = value;
  }

  /** EFLAGS without the status flags, which `eflags` puts together. */
  get systemFlags(): number {
    return this.i32[EFLAGS] as number;
  }

  /** A 32-bit field (as signed) by name. */
  get(name: string): number {
    return this.i32[stateAddress(name) >> 2] as number;
  }

  set(name: string, value: number): void {
    this.i32[stateAddress(name) >> 2] = value;
  }

  /** The signed 64-bit count in the field at byte `address`; below 2^53, so a number holds it, without a bigint. */
  count(address: number): number {
    const at = address >> 2;
    return (this.i32[at + 1] as number) * 2 ** 32 + ((this.i32[at] as number) >>> 0);
  }

  setCount(address: number, value: number): void {
    const at = address >> 2;
    this.i32[at] = value;
    this.i32[at + 1] = Math.floor(value / 2 ** 32);
  }

  /** A 64-bit field, unsigned. */
  getWide(name: string): bigint {
    return this.u64[stateAddress(name) >> 3] as bigint;
  }

  setWide(name: string, value: bigint): void {
    this.u64[stateAddress(name) >> 3] = value;
  }

  /** Any field, as it is saved. */
  getField(name: string): bigint {
    const field = STATE_FIELDS[name]!;
    if (field.type === 'i32') return BigInt(this.get(name) >>> 0);
    if (field.type === 'i64') return this.getWide(name);
    return (this.u64[field.address >> 3] as bigint) | ((this.u64[(field.address >> 3) + 1] as bigint) << 64n);
  }

  setField(name: string, value: bigint): void {
    const field = STATE_FIELDS[name]!;
    if (field.type === 'i32') this.set(name, Number(BigInt.asIntN(32, value)));
    else if (field.type === 'i64') this.setWide(name, BigInt.asUintN(64, value));
    else {
      this.u64[field.address >> 3] = BigInt.asUintN(64, value);
      this.u64[(field.address >> 3) + 1] = BigInt.asUintN(64, value >> 64n);
    }
  }

  gpr(index: number): bigint {
    return this.u64[gprAddress(index) >> 3] as bigint;
  }

  setGpr(index: number, value: bigint): void {
    this.u64[gprAddress(index) >> 3] = value;
  }

  /** Writes the low `size` bytes of a register as an instruction of that size would. */
  setGprSized(index: number, size: number, value: bigint): void {
    if (size === 8) this.setGpr(index, BigInt.asUintN(64, value));
    else if (size === 4) this.setGpr(index, value & 0xffffffffn);
    else this.view.setUint16(gprAddress(index), Number(value & 0xffffn), true);
  }

  argument(index: number): bigint {
    return this.u64[ARGUMENTS + index] as bigint;
  }

  /** An argument that is a small number (a selector, a size, 32 bits of a register). */
  smallArgument(index: number): number {
    return this.count((ARGUMENTS + index) * 8);
  }

  setResult(index: number, value: bigint | number): void {
    if (typeof value === 'number') this.setCount((RESULTS + index) * 8, value);
    else this.u64[RESULTS + index] = value;
  }

  // ---- segments ----------------------------------------------------------------------------------------------

  selector(segment: number): number {
    return this.i32[(segmentAddress(segment) + SEGMENT_OFFSETS.selector) >> 2] as number;
  }

  setSelector(segment: number, value: number): void {
    this.i32[(segmentAddress(segment) + SEGMENT_OFFSETS.selector) >> 2] = value;
  }

  segmentBase(segment: number): bigint {
    return this.u64[segmentAddress(segment) >> 3] as bigint;
  }

  setSegmentBase(segment: number, value: bigint): void {
    this.u64[segmentAddress(segment) >> 3] = value;
  }

  /** Byte-granular limit, unsigned. */
  segmentLimit(segment: number): number {
    return (this.i32[(segmentAddress(segment) + SEGMENT_OFFSETS.limit) >> 2] as number) >>> 0;
  }

  attributes(segment: number): number {
    return this.i32[(segmentAddress(segment) + SEGMENT_OFFSETS.attributes) >> 2] as number;
  }

  /** Sets the hidden part of a segment register, with the derived bounds. */
  setSegment(segment: number, selector: number, base: bigint, limit: number, attributes: number): void {
    this.setSegmentBase(segment, base);
    this.setHidden(segment, selector, limit, attributes);
  }

  /** The same with a base of 32 bits, which needs no bigint. */
  setLegacySegment(segment: number, selector: number, base: number, limit: number, attributes: number): void {
    const at = segmentAddress(segment) >> 2;
    this.i32[at] = base | 0;
    this.i32[at + 1] = 0;
    this.setHidden(segment, selector, limit, attributes);
  }

  private setHidden(segment: number, selector: number, limit: number, attributes: number): void {
    const at = segmentAddress(segment) >> 2;
    this.i32[at + SEGMENT_OFFSETS.selector / 4] = selector;
    this.i32[at + SEGMENT_OFFSETS.limit / 4] = limit | 0;
    this.i32[at + SEGMENT_OFFSETS.attributes / 4] = attributes;
    this.deriveBounds(segment);
  }

  /** readEnd and writeEnd from limit and attributes; 0 sends every access to the full check. */
  deriveBounds(segment: number): void {
    const { i32 } = this;
    const at = segmentAddress(segment) >> 2;
    const attributes = this.attributes(segment);
    const limit = i32[at + SEGMENT_OFFSETS.limit / 4] as number;
    const usable = (attributes & ATTRIBUTE.unusable) === 0 && (attributes & ATTRIBUTE.present) !== 0;
    const isCode = (attributes & ATTRIBUTE.code) !== 0;
    const plain = usable && (isCode || (attributes & ATTRIBUTE.expandDown) === 0);
    const reads = plain && (!isCode || (attributes & ATTRIBUTE.readable) !== 0);
    const writes = plain && !isCode && (attributes & ATTRIBUTE.writable) !== 0;
    // The limit and 1, in halves: a system call loads two segments.
    const [low, high] = [(limit + 1) | 0, limit === -1 ? 1 : 0];
    i32[at + SEGMENT_OFFSETS.readEnd / 4] = reads ? low : 0;
    i32[at + SEGMENT_OFFSETS.readEnd / 4 + 1] = reads ? high : 0;
    i32[at + SEGMENT_OFFSETS.writeEnd / 4] = writes ? low : 0;
    i32[at + SEGMENT_OFFSETS.writeEnd / 4 + 1] = writes ? high : 0;
  }

  // ---- flags -------------------------------------------------------------------------------------------------

  /** EFLAGS as the program sees it, from the two flag words (isa/flag-kinds.ts), which are read in halves. */
  get eflags(): number {
    const { i32 } = this;
    const [result, resultHigh] = [i32[FLAGS_RESULT] as number, i32[FLAGS_RESULT + 1] as number];
    const [low, extraHigh] = [i32[FLAGS_EXTRA] as number, i32[FLAGS_EXTRA + 1] as number];
    const high = extraHigh >>> 30;
    const carry = high >> 1;
    let parity = (result & 0xff) ^ ((low >> 8) & 0xff);
    parity ^= parity >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    const sign = (resultHigh >>> 31) ^ ((low >> 7) & 1);
    const overflow = (high & 1) ^ carry;
    const zero = result === 0 && resultHigh === 0 ? 0x40 : 0;
    const status = carry | ((~parity & 1) << 2) | ((low & 8) << 1) | zero | (sign << 7) | (overflow << 11);
    return ((i32[EFLAGS] as number) & ~STATUS_FLAGS) | status | 2;
  }

  set eflags(value: number) {
    const { i32 } = this;
    const bit = (shift: number): number => (value >> shift) & 1;
    const [carry, zero] = [bit(0), bit(6)];
    i32[FLAGS_RESULT] = zero ^ 1;
    i32[FLAGS_RESULT + 1] = 0;
    i32[FLAGS_EXTRA] = (bit(4) << 3) | (bit(7) << 7) | ((bit(2) ^ zero) << 8);
    i32[FLAGS_EXTRA + 1] = (carry << 31) | ((carry ^ bit(11)) << 30);
    i32[EFLAGS] = value & ~STATUS_FLAGS;
  }
}
