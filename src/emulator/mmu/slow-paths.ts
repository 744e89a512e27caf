/**
 * What generated code calls when the TLB fast path does not serve an access: TLB misses, page crossings, devices,
 * pages that hold code, faults.
 *
 * Contract: the linear address is in `argument0`. `record` is the micro-op in the interpreter and 0 in regions. A
 * result of 0 means "leave": in the interpreter with RIP and `exitCode` set, in a region with nothing changed (the
 * interpreter then repeats the instruction and finds out why).
 */
import type { CpuState } from '../cpu/cpu-state.js';
import { GuestException, VECTOR } from '../cpu/exceptions.js';
import { RAM_BASE } from '../cpu/memory-map.js';
import { MODES } from '../cpu/mode.js';
import { stateAddress } from '../cpu/state-layout.js';
import type { CpuMode } from '../isa/instruction.js';
import { ACCESS_STACK, ACCESS_WRITE } from '../isa/instruction-builder.js';
import { isCanonical, type LinearMemory } from './linear-memory.js';

const ADDRESS = stateAddress('argument0') >> 2;
const BOUNCE = stateAddress('bounce');
const STEPPING = stateAddress('stepping') >> 2;
const CPL = stateAddress('cpl') >> 2;
const PHYSICAL = stateAddress('accessPhysical') >> 2;

/** What is asked of each access while instructions are watched. */
export interface AccessWatch {
  note(linear: bigint, bytes: number, write: boolean): void;
  /** Operands of 2, 4 and 8 bytes must be aligned (#AC). */
  readonly aligned: boolean;
}

/** How slow paths leave the running block. */
export interface Leave {
  /** Record an exception at the instruction of `record`. */
  exception(exception: GuestException, record: number): void;
  /** Have the instruction of `record` executed alone. */
  step(record: number): void;
}

export class SlowPaths {
  private readonly state: CpuState;
  private readonly memory: LinearMemory;
  private readonly leave: Leave;
  /** Set while instructions are watched: then every access comes here. */
  watch: AccessWatch | undefined;
  /** Does a write to [address, address + length) hit translated or decoded code? */
  overlapsCode: (address: number, length: number) => boolean = () => true;
  /** Physical addresses (first part, second part) of the update that waits for `commit`. */
  private readonly pending = { first: 0, firstBytes: 0, second: 0 };

  constructor(state: CpuState, memory: LinearMemory, leave: Leave) {
    this.state = state;
    this.memory = memory;
    this.leave = leave;
  }

  /** WebAssembly address for a read or an update. */
  readonly address = (access: number, record: number): number => {
    const bytes = access & 0xff;
    const write = (access & ACCESS_WRITE) !== 0;
    const first = this.translate(access, record, 0);
    if (first < 0) return 0;
    if (this.watch !== undefined && !this.watched(this.watch, access, record)) return 0;
    const low = this.state.i32[ADDRESS] as number;
    const inFirst = 4096 - (low & 0xfff);
    if (inFirst >= bytes) {
      const frame = Math.floor(first / 4096);
      if (this.memory.pages.isRam(frame) && (!write || this.memory.pages.code[frame] === 0)) return RAM_BASE + first;
      return this.bounce(first, bytes, 0, bytes, write, record);
    }
    const second = this.translate(access, record, inFirst);
    if (second < 0) return 0;
    return this.bounce(first, inFirst, second, bytes, write, record);
  };

  /** Stores the `bounce` field; 1 when done. */
  readonly store = (access: number, record: number): number => {
    const bytes = access & 0xff;
    const first = this.translate(access, record, 0);
    if (first < 0) return 0;
    if (this.watch !== undefined && !this.watched(this.watch, access, record)) return 0;
    const low = this.state.i32[ADDRESS] as number;
    const inFirst = Math.min(bytes, 4096 - (low & 0xfff));
    const second = inFirst < bytes ? this.translate(access, record, inFirst) : 0;
    if (second < 0) return 0;
    const alone =
      this.needsStep(first, inFirst, true) || (inFirst < bytes && this.needsStep(second, bytes - inFirst, true));
    if (alone && this.state.i32[STEPPING] === 0) {
      if (record !== 0) this.leave.step(record);
      return 0;
    }
    this.notePhysical(first);
    if (inFirst === bytes && this.memory.pages.isRam(Math.floor(first / 4096)) && !alone) {
      // Beside code: nothing to drop.
      this.state.bytes.copyWithin(RAM_BASE + first, BOUNCE, BOUNCE + bytes);
      return 1;
    }
    this.copyOut(first, 0, inFirst);
    if (inFirst < bytes) this.copyOut(second, inFirst, bytes - inFirst);
    return 1;
  };

  /** After an update through the bounce buffer. */
  readonly commit = (access: number): void => {
    const { first, firstBytes, second } = this.pending;
    this.copyOut(first, 0, firstBytes);
    if (firstBytes < (access & 0xff)) this.copyOut(second, firstBytes, (access & 0xff) - firstBytes);
  };

  /** Notes the access; false when it is refused by #AC, which comes after page faults. */
  private watched(watch: AccessWatch, access: number, record: number): boolean {
    const low = this.state.i32[ADDRESS] as number;
    const bytes = access & 0xff;
    if (watch.aligned && (bytes === 2 || bytes === 4 || bytes === 8) && (low & (bytes - 1)) !== 0) {
      if (record !== 0) this.leave.exception(new GuestException(VECTOR.alignment, 0), record);
      return false;
    }
    const linear = BigInt.asUintN(64, (BigInt(this.state.i32[ADDRESS + 1] as number) << 32n) | BigInt(low >>> 0));
    watch.note(linear, bytes, (access & ACCESS_WRITE) !== 0);
    return true;
  }

  private translate(access: number, record: number, offset: number): number {
    let low = this.state.i32[ADDRESS] as number;
    let high = this.state.i32[ADDRESS + 1] as number;
    if (offset > 0) {
      const page = ((low & ~0xfff) + 4096) | 0;
      // Outside 64-bit mode addresses wrap at 4 GiB; a flat segment has no limit there.
      if (page === 0 && (MODES[this.state.get('modeKey')] as CpuMode).codeSize === 8) high = (high + 1) | 0;
      low = page;
    }
    if (!isCanonical(high)) {
      if (record !== 0) {
        const vector = (access & ACCESS_STACK) !== 0 ? VECTOR.stack : VECTOR.protection;
        this.leave.exception(new GuestException(vector, 0), record);
      }
      return -1;
    }
    const write = (access & ACCESS_WRITE) !== 0;
    const user = this.state.i32[CPL] === 3;
    const { observer } = this.state;
    const stepping = this.state.i32[STEPPING] !== 0;
    if (observer.fill !== undefined && !stepping && this.memory.needsWalk(low, high, write, user)) {
      if (record !== 0) this.leave.step(record);
      return -1;
    }
    const frame = this.memory.frameFor(low, high, write, user, true);
    if (frame < 0) {
      if (record !== 0) {
        const address = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
        this.leave.exception(this.memory.pageFault(address), record);
      }
      return -1;
    }
    // A write to a page that holds code comes back in a single step.
    if (write && observer.pages !== undefined && (stepping || !observer.pages.holdsCode(frame))) {
      observer.pages.written(frame, low, high, user);
    }
    return frame * 4096 + (low & 0xfff);
  }

  private notePhysical(address: number): void {
    this.state.i32[PHYSICAL] = address | 0;
    this.state.i32[PHYSICAL + 1] = Math.floor(address / 2 ** 32);
  }

  /** Devices and writes that hit code are left to a single step, where nothing else of the block is in flight. */
  private needsStep(physical: number, bytes: number, write: boolean): boolean {
    const frame = Math.floor(physical / 4096);
    if (!this.memory.pages.isRam(frame)) return true;
    if (!write || this.memory.pages.code[frame] === 0) return false;
    return this.state.observer.pages?.holdsCode(frame) === true || this.overlapsCode(physical, bytes);
  }

  private bounce(
    first: number,
    firstBytes: number,
    second: number,
    bytes: number,
    write: boolean,
    record: number,
  ): number {
    const split = firstBytes < bytes;
    const alone =
      this.needsStep(first, firstBytes, write) || (split && this.needsStep(second, bytes - firstBytes, write));
    // Regions have no commit after updates.
    if ((alone && this.state.i32[STEPPING] === 0) || (write && record === 0)) {
      if (record !== 0) this.leave.step(record);
      return 0;
    }
    this.notePhysical(first);
    this.copyIn(first, 0, firstBytes);
    if (split) this.copyIn(second, firstBytes, bytes - firstBytes);
    this.pending.first = first;
    this.pending.firstBytes = firstBytes;
    this.pending.second = second;
    return BOUNCE;
  }

  private copyIn(physical: number, offset: number, count: number): void {
    this.pieces(physical, count, (at, size, done) => {
      const value = this.memory.readPhysical(at, size);
      this.putBounce(offset + done, size, value);
    });
  }

  private copyOut(physical: number, offset: number, count: number): void {
    this.pieces(physical, count, (at, size, done) => {
      this.memory.writePhysical(at, size, this.takeBounce(offset + done, size));
    });
  }

  /** Splits into power-of-two accesses; a whole operand stays one access for devices. */
  private pieces(physical: number, count: number, each: (at: number, size: number, done: number) => void): void {
    let done = 0;
    while (done < count) {
      const rest = count - done;
      const size = rest >= 8 ? 8 : rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
      each(physical + done, size, done);
      done += size;
    }
  }

  private putBounce(offset: number, size: number, value: bigint): void {
    for (let i = 0; i < size; i++) this.state.bytes[BOUNCE + offset + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  private takeBounce(offset: number, size: number): bigint {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.state.bytes[BOUNCE + offset + i] as number);
    return value;
  }
}
