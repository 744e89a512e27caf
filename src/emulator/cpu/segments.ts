/**
 * Segment registers: reading descriptors and loading data and stack segments (SDM volume 3, 3.4 and 5.5-5.7; volume 2,
 * "MOV"). Code segments are loaded by far transfers.
 */
import type { LinearMemory } from '../mmu/linear-memory.js';
import { ATTRIBUTE, type CpuState } from './cpu-state.js';
import { GuestException, protectionFault, VECTOR } from './exceptions.js';
import { is64Bit, isVirtual8086, usesDescriptors } from './mode.js';
import { stateAddress } from './state-layout.js';

export interface Descriptor {
  readonly low: number;
  readonly high: number;
  /** Linear address of the descriptor itself. */
  readonly address: bigint;
}

export const CS = 1;
export const SS = 2;
export const DS = 3;
export const LDTR = 6;
export const TR = 7;

const GDT_BASE = stateAddress('gdtBase') >> 3;
const GDT_LIMIT = stateAddress('gdtLimit') >> 2;

export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;
export const selectorError = (selector: number): number => selector & 0xfffc;

/** Of 32 bits, as those of code and data segments are. */
const legacyBase = (d: Descriptor): number => ((d.low >>> 16) | ((d.high & 0xff) << 16) | (d.high & 0xff000000)) >>> 0;
export const descriptorBase = (d: Descriptor): bigint => BigInt(legacyBase(d));

export function descriptorLimit(d: Descriptor): number {
  const limit = (d.low & 0xffff) | (d.high & 0xf0000);
  return (d.high & 0x80_0000) !== 0 ? ((limit << 12) | 0xfff) >>> 0 : limit;
}

export const descriptorAttributes = (d: Descriptor): number => (d.high >>> 8) & 0xf0ff;
export const descriptorDpl = (d: Descriptor): number => (d.high >>> 13) & 3;
export const descriptorType = (d: Descriptor): number => (d.high >>> 8) & 15;
export const isSystem = (d: Descriptor): boolean => (d.high & 0x1000) === 0;
export const isPresent = (d: Descriptor): boolean => (d.high & 0x8000) !== 0;
export const isCode = (d: Descriptor): boolean => (d.high & 0x1800) === 0x1800;

/** Reads the descriptor of a selector; throws `vector` with the selector's error code when it is out of the table. */
export function readDescriptor(
  state: CpuState,
  memory: LinearMemory,
  selector: number,
  vector: number = VECTOR.protection,
): Descriptor {
  const inLdt = (selector & 4) !== 0;
  const base = inLdt ? state.segmentBase(LDTR) : (state.u64[GDT_BASE] as bigint);
  const limit = inLdt ? state.segmentLimit(LDTR) : (state.i32[GDT_LIMIT] as number);
  const unusable = inLdt && isNull(state.selector(LDTR));
  if (unusable || (selector & 0xfff8) + 7 > limit) throw new GuestException(vector, selectorError(selector));
  const address = memory.wrap(base + BigInt(selector & 0xfff8));
  const [low, high] = memory.readHalves(address);
  return { low, high, address };
}

/** Sets the accessed bit of a code or data descriptor if it is clear. */
export function markAccessed(memory: LinearMemory, d: Descriptor): void {
  if ((d.high & 0x100) === 0) memory.write(d.address + 5n, 1, BigInt(((d.high >>> 8) & 0xff) | 1));
}

/** Real and virtual-8086 mode: base = selector x 16; virtual-8086 also fixes limit and rights. */
export function loadRealSegment(state: CpuState, segment: number, selector: number): void {
  const virtual = isVirtual8086(state);
  const limit = virtual ? 0xffff : state.segmentLimit(segment);
  const attributes = virtual ? 0xf3 : state.attributes(segment);
  state.setSegment(segment, selector, BigInt(selector << 4), limit, attributes);
}

/** Loads DS, ES, FS, GS or SS with `selector`, with all checks; nothing changes on a fault. */
export function loadSegment(state: CpuState, memory: LinearMemory, segment: number, selector: number): void {
  if (!usesDescriptors(state)) {
    loadRealSegment(state, segment, selector);
    return;
  }
  const cpl = state.cpl;
  const rpl = selector & 3;
  if (segment === SS) {
    loadStackSegment(state, memory, selector, cpl, VECTOR.protection);
    return;
  }
  if (isNull(selector)) {
    state.setSegment(segment, selector, 0n, 0, ATTRIBUTE.unusable);
    return;
  }
  const d = readDescriptor(state, memory, selector);
  const type = descriptorType(d);
  const readable = !isCode(d) || (type & ATTRIBUTE.readable) !== 0;
  const conforming = isCode(d) && (type & ATTRIBUTE.conforming) !== 0;
  if (isSystem(d) || !readable) protectionFault(selectorError(selector));
  if (!conforming && (rpl > descriptorDpl(d) || cpl > descriptorDpl(d))) protectionFault(selectorError(selector));
  if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, selectorError(selector));
  markAccessed(memory, d);
  state.setLegacySegment(segment, selector, legacyBase(d), descriptorLimit(d), descriptorAttributes(d) | 1);
}

/** SS for privilege level `cpl`; `vector` is #GP for loads and returns, #TS for stacks from a task segment. */
export function loadStackSegment(
  state: CpuState,
  memory: LinearMemory,
  selector: number,
  cpl: number,
  vector: number,
): void {
  checkStackSegment(state, memory, selector, cpl, vector)();
}

/** The checks of a stack segment load; returns the commit. */
export function checkStackSegment(
  state: CpuState,
  memory: LinearMemory,
  selector: number,
  cpl: number,
  vector: number,
): () => void {
  if (isNull(selector)) {
    if (!is64Bit(state) || cpl === 3 || (selector & 3) !== cpl) throw new GuestException(vector, 0);
    return () => state.setSegment(SS, selector, 0n, 0, ATTRIBUTE.unusable | (cpl << 5));
  }
  const d = readDescriptor(state, memory, selector, vector);
  const writableData = !isSystem(d) && !isCode(d) && (descriptorType(d) & ATTRIBUTE.writable) !== 0;
  if (!writableData || (selector & 3) !== cpl || descriptorDpl(d) !== cpl) {
    throw new GuestException(vector, selectorError(selector));
  }
  if (!isPresent(d)) throw new GuestException(VECTOR.stack, selectorError(selector));
  return () => {
    markAccessed(memory, d);
    state.setLegacySegment(SS, selector, legacyBase(d), descriptorLimit(d), descriptorAttributes(d) | 1);
  };
}

/**
 * The full check of one access, when the quick bound in generated code did not pass it. Returns the exception, or
 * undefined when the access is allowed.
 */
export function checkAccess(
  state: CpuState,
  segment: number,
  offset: bigint,
  bytes: number,
  write: boolean,
): GuestException | undefined {
  const attributes = state.attributes(segment);
  const vector = segment === SS ? VECTOR.stack : VECTOR.protection;
  const isCodeSegment = (attributes & ATTRIBUTE.code) !== 0;
  if ((attributes & ATTRIBUTE.unusable) !== 0) return new GuestException(VECTOR.protection, 0);
  const protectedMode = usesDescriptors(state);
  if (protectedMode && write && (isCodeSegment || (attributes & ATTRIBUTE.writable) === 0)) {
    return new GuestException(VECTOR.protection, 0);
  }
  if (protectedMode && !write && isCodeSegment && (attributes & ATTRIBUTE.readable) === 0) {
    return new GuestException(VECTOR.protection, 0);
  }
  const last = offset + BigInt(bytes - 1);
  const limit = BigInt(state.segmentLimit(segment));
  if (!isCodeSegment && (attributes & ATTRIBUTE.expandDown) !== 0) {
    const top = (attributes & ATTRIBUTE.big) !== 0 ? 0xffffffffn : 0xffffn;
    return offset > limit && last <= top ? undefined : new GuestException(vector, 0);
  }
  // Where the limit is 4 GiB processors wrap; the manual leaves it open (SDM volume 3, 5.3).
  return last <= limit || limit === 0xffffffffn ? undefined : new GuestException(vector, 0);
}
