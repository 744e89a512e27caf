/** IN, OUT, INS, OUTS: permission by IOPL and the TSS bitmap (SDM volume 1, 19.5), then the bus. */
import { DF, IOPL } from '../isa/eflags.js';
import type { LinearMemory } from '../mmu/linear-memory.js';
import type { CpuState } from './cpu-state.js';
import type { DebugUnit } from './debug-unit.js';
import { protectionFault } from './exceptions.js';
import { is64Bit, isProtected, isVirtual8086 } from './mode.js';
import type { Bus } from './processor.js';
import { checkAccess, TR } from './segments.js';

export class IoPorts {
  private readonly state: CpuState;
  private readonly memory: LinearMemory;
  private readonly bus: Bus;
  private readonly debug: DebugUnit;

  constructor(state: CpuState, memory: LinearMemory, bus: Bus, debug: DebugUnit) {
    this.debug = debug;
    this.state = state;
    this.memory = memory;
    this.bus = bus;
  }

  private check(port: number, size: number): void {
    this.checkPermission(port, size);
    this.debug.notePort(port, size);
  }

  private checkPermission(port: number, size: number): void {
    const { state, memory } = this;
    if (!isProtected(state)) return;
    const iopl = (state.systemFlags & IOPL) >> 12;
    if (state.cpl <= iopl && !isVirtual8086(state)) return;
    const limit = state.segmentLimit(TR);
    const is32 = (state.attributes(TR) & 8) !== 0;
    if (!is32 || limit < 0x67) protectionFault();
    const base = state.segmentBase(TR);
    const map = Number(memory.read(base + 0x66n, 2)) + (port >> 3);
    if (map + 1 > limit) protectionFault();
    const bits = Number(memory.read(base + BigInt(map), 2)) >> (port & 7);
    if ((bits & ((1 << size) - 1)) !== 0) protectionFault();
  }

  read(port: number, size: number): number {
    this.check(port, size);
    const value = this.bus.readPort(port, size as 1 | 2 | 4) >>> 0;
    this.state.observer.port?.(true, port, size, value);
    return value;
  }

  write(port: number, size: number, value: number): void {
    this.check(port, size);
    this.out(port, size, value);
  }

  private out(port: number, size: number, value: number): void {
    this.state.observer.port?.(false, port, size, value);
    this.bus.writePort(port, size as 1 | 2 | 4, value);
  }

  /** INS or OUTS with all its repetitions; registers follow element by element, so that faults restart it. */
  string(input: boolean, size: number, addressSize: number, segment: number, repeated: boolean): void {
    const { state } = this;
    const port = Number(state.gpr(2) & 0xffffn);
    const mask = (1n << BigInt(addressSize * 8)) - 1n;
    const step = (state.systemFlags & DF) === 0 ? BigInt(size) : BigInt(-size);
    const pointer = input ? 7 : 6;
    this.check(port, size);
    while (!repeated || (state.gpr(1) & mask) !== 0n) {
      const offset = state.gpr(pointer) & mask;
      const at = this.linear(input ? 0 : segment, offset, size, input);
      const user = state.cpl === 3;
      if (input) {
        this.memory.probeWrite(at, size, user);
        const value = this.bus.readPort(port, size as 1 | 2 | 4) >>> 0;
        state.observer.port?.(true, port, size, value);
        this.memory.write(at, size, BigInt(value), user);
      } else this.out(port, size, Number(this.memory.read(at, size, user)));
      state.observer.commit?.();
      state.setGprSized(pointer, addressSize, (offset + step) & mask);
      if (!repeated) return;
      state.setGprSized(1, addressSize, ((state.gpr(1) & mask) - 1n) & mask);
    }
  }

  private linear(segment: number, offset: bigint, size: number, write: boolean): bigint {
    const { state } = this;
    if (is64Bit(state)) return segment >= 4 ? this.memory.wrap(offset + state.segmentBase(segment)) : offset;
    const fault = checkAccess(state, segment, offset, size, write);
    if (fault !== undefined) throw fault;
    return this.memory.wrap(offset + state.segmentBase(segment));
  }
}
