/** LAR, LSL, VERR, VERW, LLDT and LTR (SDM volume 2). */
import { ZF } from '../isa/eflags.js';
import { isCanonical, type LinearMemory } from '../mmu/linear-memory.js';
import { EFER } from './control-bits.js';
import { ATTRIBUTE, type CpuState } from './cpu-state.js';
import { GuestException, protectionFault, VECTOR } from './exceptions.js';
import {
  type Descriptor,
  descriptorAttributes,
  descriptorBase,
  descriptorDpl,
  descriptorLimit,
  descriptorType,
  isCode,
  isNull,
  isPresent,
  isSystem,
  LDTR,
  readDescriptor,
  selectorError,
  TR,
} from './segments.js';

/** System types that LAR / LSL accept, in legacy and in long mode. */
const LAR_TYPES = { legacy: new Set([1, 2, 3, 4, 5, 9, 11, 12]), long: new Set([2, 9, 11, 12]) };
const LSL_TYPES = { legacy: new Set([1, 2, 3, 9, 11]), long: new Set([2, 9, 11]) };

export class DescriptorQueries {
  private readonly state: CpuState;
  private readonly memory: LinearMemory;

  constructor(state: CpuState, memory: LinearMemory) {
    this.state = state;
    this.memory = memory;
  }

  private get long(): boolean {
    return (this.state.efer & EFER.LMA) !== 0;
  }

  /** The descriptor if the selector points at one, whatever it is. */
  private find(selector: number): Descriptor | undefined {
    if (isNull(selector)) return undefined;
    try {
      return readDescriptor(this.state, this.memory, selector);
    } catch (error) {
      if (error instanceof GuestException && error.vector === VECTOR.protection) return undefined;
      throw error;
    }
  }

  private visible(selector: number, types: { legacy: Set<number>; long: Set<number> }): Descriptor | undefined {
    const d = this.find(selector);
    if (d === undefined) return undefined;
    if (isSystem(d) && !types[this.long ? 'long' : 'legacy'].has(descriptorType(d))) return undefined;
    const conforming = isCode(d) && (descriptorType(d) & ATTRIBUTE.conforming) !== 0;
    const dpl = descriptorDpl(d);
    return !conforming && (this.state.cpl > dpl || (selector & 3) > dpl) ? undefined : d;
  }

  accessRights(selector: number): number | undefined {
    const d = this.visible(selector, LAR_TYPES);
    return d === undefined ? undefined : d.high & 0x00f0ff00;
  }

  limit(selector: number): number | undefined {
    const d = this.visible(selector, LSL_TYPES);
    return d === undefined ? undefined : descriptorLimit(d);
  }

  /** VERR / VERW into ZF. */
  verify(selector: number, write: boolean): void {
    const d = this.visible(selector, { legacy: new Set(), long: new Set() });
    let allowed = false;
    if (d !== undefined) {
      const type = descriptorType(d);
      allowed = write ? !isCode(d) && (type & 2) !== 0 : !isCode(d) || (type & 2) !== 0;
    }
    const { eflags } = this.state;
    this.state.eflags = allowed ? eflags | ZF : eflags & ~ZF;
  }

  loadLocalTable(selector: number): void {
    if (isNull(selector)) {
      this.state.setSegment(LDTR, selector, 0n, 0, ATTRIBUTE.unusable);
      return;
    }
    const d = this.systemDescriptor(selector, (type) => type === 2);
    this.state.setSegment(LDTR, selector, this.base(d), descriptorLimit(d), descriptorAttributes(d));
  }

  loadTask(selector: number): void {
    if (isNull(selector)) protectionFault();
    const d = this.systemDescriptor(selector, (type) => type === 9 || (type === 1 && !this.long));
    const base = this.base(d);
    this.memory.write(d.address + 5n, 1, BigInt(((d.high >>> 8) & 0xff) | 2));
    this.state.setSegment(TR, selector, base, descriptorLimit(d), descriptorAttributes(d) | 2);
  }

  private systemDescriptor(selector: number, accepts: (type: number) => boolean): Descriptor {
    if ((selector & 4) !== 0) protectionFault(selectorError(selector));
    const d = readDescriptor(this.state, this.memory, selector);
    if (!isSystem(d) || !accepts(descriptorType(d))) protectionFault(selectorError(selector));
    if (!isPresent(d)) throw new GuestException(VECTOR.notPresent, selectorError(selector));
    return d;
  }

  /** System descriptors are 16 bytes in long mode. */
  private base(d: Descriptor): bigint {
    const low = descriptorBase(d);
    if (!this.long) return low;
    const base = low | ((this.memory.read(d.address + 8n, 4) & 0xffffffffn) << 32n);
    if (!isCanonical(Number(BigInt.asIntN(32, base >> 32n)))) protectionFault();
    return base;
  }
}
