/**
 * Linear memory for the host: translation through the TLB, typed reads and writes for helpers (descriptors, stacks,
 * task segments), and instruction fetch. Throws `GuestException` on page faults.
 *
 * Addresses are bigints here; the slow paths of generated code are in `slow-paths.ts`.
 */
import type { CpuState } from '../cpu/cpu-state.js';
import { GuestException, VECTOR } from '../cpu/exceptions.js';
import { RAM_BASE } from '../cpu/memory-map.js';
import type { Bus } from '../cpu/processor.js';
import { stateAddress } from '../cpu/state-layout.js';
import { AC } from '../isa/eflags.js';
import { PageWalker } from './page-walker.js';
import type { PhysicalPages } from './physical-pages.js';
import { Tlb } from './tlb.js';

/** Takes 64-bit values apart: through memory, because shifting and cutting them allocates a bigint each time. */
const wide = new BigUint64Array(1);
const halves = new Int32Array(wide.buffer);

/** The page offset of an address; leaves its halves in `halves`. */
function split(address: bigint): number {
  wide[0] = address;
  return (halves[0] as number) & 0xfff;
}

const EFLAGS = stateAddress('eflags') >> 2;

/** Bits 63:47 all equal (SDM volume 1, 3.3.7.1)? `high` is the upper half; legacy addresses have 0 there. */
export function isCanonical(high: number): boolean {
  const top = high >> 15;
  return top === 0 || top === -1;
}

export class LinearMemory {
  readonly state: CpuState;
  readonly pages: PhysicalPages;
  readonly tlb: Tlb;
  readonly walker: PageWalker;
  private readonly bus: Bus;
  /** Called after guest RAM that code was made from has been written. */
  onCodeWrite: (address: number, length: number) => void = () => {};
  /** Called when executable translations were dropped: everything, all but global ones, or one page. */
  onFlush: (kind: 'all' | 'nonglobal') => void = () => {};

  constructor(state: CpuState, pages: PhysicalPages, bus: Bus) {
    this.state = state;
    this.pages = pages;
    this.bus = bus;
    this.tlb = new Tlb(state, pages);
    this.walker = new PageWalker(state, pages, (address) => this.onCodeWrite(address, 4));
  }

  /**
   * Physical frame for one access, through the TLB; -1 with `walker.errorCode` set on a fault. `explicit`: made by an
   * instruction's operand, so that EFLAGS.AC counts under SMAP.
   */
  frameFor(low: number, high: number, write: boolean, user: boolean, explicit = false): number {
    const entry = this.tlb.entry(low, user);
    if (this.isServed(entry, low, high, write)) return this.noteWrite(entry, write);
    const { walker } = this;
    walker.mayTouchUser = explicit && ((this.state.i32[EFLAGS] as number) & AC) !== 0;
    if (!walker.walk(low, high, write, user, false)) return -1;
    if (walker.guarded) {
      // Not kept: whether it is allowed changes with every STAC and CLAC.
      if (write && this.pages.isRam(walker.frame)) this.pages.dirty[walker.frame] = 1;
      return walker.frame;
    }
    this.tlb.fill(entry, low, high, walker.frame, walker.writable && walker.dirty, walker.global);
    this.state.observer.fill?.(low, high, walker.frame, write ? 'write' : 'read');
    return this.noteWrite(entry, write);
  }

  private isServed(entry: number, low: number, high: number, write: boolean): boolean {
    return this.tlb.holds(entry, low, high) && (!write || this.tlb.isWritable(entry));
  }

  /** Would an access fill the TLB (or fault)? */
  needsWalk(low: number, high: number, write: boolean, user: boolean): boolean {
    return !this.isServed(this.tlb.entry(low, user), low, high, write);
  }

  private noteWrite(entry: number, write: boolean): number {
    const frame = this.tlb.frame(entry);
    if (write && this.pages.isRam(frame)) {
      this.pages.dirty[frame] = 1;
      if (this.pages.code[frame] === 0) this.tlb.openWrites(entry);
    }
    return frame;
  }

  pageFault(address: bigint): GuestException {
    return new GuestException(VECTOR.page, this.walker.errorCode, BigInt.asUintN(64, address));
  }

  /** Physical address of the byte at `address`; throws #PF, or #GP for a non-canonical address. */
  physical(address: bigint, write: boolean, user: boolean): number {
    split(address);
    const [low, high] = [halves[0] as number, halves[1] as number];
    if (!isCanonical(high)) throw new GuestException(VECTOR.protection, 0);
    const frame = this.frameFor(low, high, write, user);
    if (frame < 0) throw this.pageFault(address);
    if (write) this.state.observer.pages?.written(frame, low, high, user);
    return frame * 4096 + (low & 0xfff);
  }

  /** Reads `size` (1, 2, 4, 8) bytes as the supervisor, or with user rights. */
  read(address: bigint, size: number, user = false): bigint {
    const first = this.physical(address, false, user);
    let value = 0n;
    if ((first & 0xfff) + size <= 4096) value = this.readPhysical(first, size);
    else {
      for (let i = 0; i < size; i++) {
        const at = this.wrap(address + BigInt(i));
        value |= this.readPhysical(this.physical(at, false, user), 1) << BigInt(8 * i);
      }
    }
    this.state.observer.access?.(false, address, first, size, value);
    return value;
  }

  /** Reads 8 bytes as the supervisor, in halves: [low, high], as signed numbers. */
  readHalves(address: bigint): readonly [number, number] {
    const first = this.physical(address, false, false);
    if ((first & 0xfff) <= 4088 && this.pages.isRam(Math.floor(first / 4096)) && !this.state.observer.access) {
      const { view } = this.state;
      return [view.getInt32(RAM_BASE + first, true), view.getInt32(RAM_BASE + first + 4, true)];
    }
    const value = this.read(address, 8);
    return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
  }

  /** Checks that a write of `size` bytes would succeed; throws its fault otherwise. */
  probeWrite(address: bigint, size: number, user = false): void {
    this.physical(address, true, user);
    if (split(address) + size > 4096) this.physical(this.wrap(address + BigInt(size - 1)), true, user);
  }

  write(address: bigint, size: number, value: bigint, user = false): void {
    const first = this.physical(address, true, user);
    if ((first & 0xfff) + size <= 4096) this.writePhysical(first, size, value);
    else {
      this.probeWrite(address, size, user);
      for (let i = 0; i < size; i++) {
        const at = this.wrap(address + BigInt(i));
        this.writePhysical(this.physical(at, true, user), 1, (value >> BigInt(8 * i)) & 0xffn);
      }
    }
    this.state.observer.access?.(true, address, first, size, value);
  }

  /** Outside 64-bit mode linear addresses are 32 bits wide. */
  wrap(address: bigint): bigint {
    return (this.state.efer & 0x400) !== 0 ? BigInt.asUintN(64, address) : address & 0xffffffffn;
  }

  readPhysical(address: number, size: number): bigint {
    if (!this.pages.isRam(Math.floor(address / 4096))) return this.readDevice(address, size);
    const at = RAM_BASE + address;
    const { view } = this.state;
    if (size === 8) return view.getBigUint64(at, true);
    return BigInt(size === 4 ? view.getUint32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at));
  }

  writePhysical(address: number, size: number, value: bigint): void {
    const frame = Math.floor(address / 4096);
    if (!this.pages.isRam(frame)) {
      this.writeDevice(address, size, value);
      return;
    }
    const at = RAM_BASE + address;
    const { view } = this.state;
    if (size === 8) view.setBigUint64(at, BigInt.asUintN(64, value), true);
    else if (size === 4) view.setUint32(at, Number(value & 0xffffffffn), true);
    else if (size === 2) view.setUint16(at, Number(value & 0xffffn), true);
    else view.setUint8(at, Number(value & 0xffn));
    this.pages.dirty[frame] = 1;
    if (this.pages.code[frame] !== 0) this.onCodeWrite(address, size);
  }

  private readDevice(address: number, size: number): bigint {
    if (size <= 4) return BigInt(this.bus.readPhysical(address, size as 1 | 2 | 4) >>> 0);
    return this.readDevice(address, 4) | (this.readDevice(address + 4, size - 4) << 32n);
  }

  private writeDevice(address: number, size: number, value: bigint): void {
    if (size <= 4) {
      const bits = BigInt.asUintN(size * 8, value);
      this.bus.writePhysical(address, size as 1 | 2 | 4, Number(bits));
      return;
    }
    this.writeDevice(address, 4, value & 0xffffffffn);
    this.writeDevice(address + 4, size - 4, value >> 32n);
  }

  /** Frame x 2 + global of the page that holds an instruction byte; throws #PF or #GP. */
  fetchFrame(address: bigint, user: boolean): number {
    split(address);
    const [low, high] = [halves[0] as number, halves[1] as number];
    if (!isCanonical(high)) throw new GuestException(VECTOR.protection, 0);
    const known = this.tlb.fetched(low, high, user);
    if (known !== undefined) return known;
    if (!this.walker.walk(low, high, false, user, true)) throw this.pageFault(address);
    this.tlb.noteFetch(low, high, user, this.walker.frame, this.walker.global);
    this.state.observer.fill?.(low, high, this.walker.frame, 'fetch');
    return this.walker.frame * 2 + (this.walker.global ? 1 : 0);
  }

  flush(globalToo: boolean): void {
    this.tlb.flush(globalToo);
    this.onFlush(globalToo ? 'all' : 'nonglobal');
    this.state.observer.flush?.(globalToo ? 'all' : 'nonglobal', 0n);
  }

  flushPage(address: bigint): void {
    // The jump cache holds only pages that have been executed.
    split(address);
    if (this.tlb.flushPage(halves[0] as number, halves[1] as number)) this.onFlush('all');
    this.state.observer.flush?.('page', address);
  }
}
