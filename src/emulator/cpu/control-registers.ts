/** MOV CRn, LMSW, CLTS, XSETBV and EFER: checks and consequences (SDM volume 3, 2.5 and 4.1; AMD volume 2, 14.6). */
import type { LinearMemory } from '../mmu/linear-memory.js';
import { CR0, CR4, EFER } from './control-bits.js';
import { ATTRIBUTE, type CpuState } from './cpu-state.js';
import { protectionFault } from './exceptions.js';
import { updateFpuTraps } from './fpu-traps.js';
import type { CpuModel } from './models.js';
import type { Bus } from './processor.js';
import { CS } from './segments.js';

const CR0_DEFINED = CR0.PE | CR0.MP | CR0.EM | CR0.TS | CR0.ET | CR0.NE | CR0.WP | CR0.AM | CR0.NW | CR0.CD | CR0.PG;

export class ControlRegisters {
  private readonly state: CpuState;
  private readonly memory: LinearMemory;
  private readonly model: CpuModel;
  private readonly bus: Bus;

  constructor(state: CpuState, memory: LinearMemory, model: CpuModel, bus: Bus) {
    this.bus = bus;
    this.state = state;
    this.memory = memory;
    this.model = model;
  }

  read(index: number): bigint {
    const { state } = this;
    if (index === 0) return BigInt(state.cr0 >>> 0);
    if (index === 2) return state.getWide('cr2');
    if (index === 3) return state.getWide('cr3');
    if (index === 4) return BigInt(state.cr4 >>> 0);
    return BigInt(this.bus.readTaskPriority());
  }

  write(index: number, value: bigint): void {
    if (index === 0) this.writeCr0(value);
    else if (index === 2) this.state.setWide('cr2', value);
    else if (index === 3) this.writeCr3(value);
    else if (index === 4) this.writeCr4(value);
    else {
      if (value > 15n) protectionFault();
      this.bus.writeTaskPriority(Number(value));
    }
  }

  writeCr0(value: bigint): void {
    const { state } = this;
    if (value >> 32n !== 0n) protectionFault();
    const next = (Number(BigInt.asIntN(32, value)) & CR0_DEFINED) | CR0.ET;
    const old = state.cr0;
    const [pg, pe] = [(next & CR0.PG) !== 0, (next & CR0.PE) !== 0];
    if (pg && !pe) protectionFault();
    if ((next & CR0.NW) !== 0 && (next & CR0.CD) === 0) protectionFault();
    const efer = state.efer;
    const turnsOn = pg && (old & CR0.PG) === 0;
    const turnsOff = !pg && (old & CR0.PG) !== 0;
    if (turnsOn && (efer & EFER.LME) !== 0) {
      if ((state.cr4 & CR4.PAE) === 0 || (state.attributes(CS) & ATTRIBUTE.long) !== 0) protectionFault();
      state.set('efer', efer | EFER.LMA);
    }
    if (turnsOff) {
      if ((efer & EFER.LMA) !== 0 && (state.attributes(CS) & ATTRIBUTE.long) !== 0) protectionFault();
      state.set('efer', efer & ~EFER.LMA);
    }
    state.set('cr0', next);
    if ((old & CR0.PE) !== 0 && !pe) state.cpl = 0;
    if (((old ^ next) & (CR0.PG | CR0.WP | CR0.PE)) !== 0) this.memory.flush(true);
    updateFpuTraps(state);
  }

  writeCr3(value: bigint): void {
    const { state } = this;
    if ((state.efer & EFER.LMA) !== 0 && value >> 40n !== 0n) protectionFault();
    state.setWide('cr3', value);
    this.memory.flush(false);
  }

  /** Bits of CR4 that this model has. */
  private get cr4Defined(): number {
    const has = (feature: Parameters<CpuModel['features']['has']>[0], bits: number): number =>
      this.model.features.has(feature) ? bits : 0;
    const base = CR4.TSD | CR4.DE | CR4.PSE | CR4.PAE | CR4.MCE | CR4.PGE | CR4.PCE;
    return (
      base |
      has('fxsr', CR4.OSFXSR) |
      has('sse', CR4.OSXMMEXCPT) |
      has('fsgsbase', CR4.FSGSBASE) |
      has('xsave', CR4.OSXSAVE) |
      has('smap', CR4.SMAP) |
      has('umip', CR4.UMIP) |
      (this.model.longMode ? CR4.SMEP : 0)
    );
  }

  writeCr4(value: bigint): void {
    const { state } = this;
    const next = Number(BigInt.asIntN(32, value));
    if (value >> 32n !== 0n || (next & ~this.cr4Defined) !== 0) protectionFault();
    if ((state.efer & EFER.LMA) !== 0 && (next & CR4.PAE) === 0) protectionFault();
    const old = state.cr4;
    state.set('cr4', next);
    if (((old ^ next) & (CR4.PSE | CR4.PAE | CR4.PGE | CR4.SMEP | CR4.SMAP)) !== 0) this.memory.flush(true);
    updateFpuTraps(state);
  }

  writeEfer(value: bigint): void {
    const { state } = this;
    const defined = this.model.longMode ? EFER.SCE | EFER.LME | EFER.LMA | EFER.NXE | EFER.FFXSR : EFER.NXE;
    const old = state.efer;
    const next = Number(BigInt.asIntN(32, value));
    if (value >> 32n !== 0n || (next & ~defined) !== 0) protectionFault();
    if ((state.cr0 & CR0.PG) !== 0 && ((old ^ next) & EFER.LME) !== 0) protectionFault();
    // LMA is read-only.
    state.set('efer', (next & ~EFER.LMA) | (old & EFER.LMA));
    if (((old ^ next) & EFER.NXE) !== 0) this.memory.flush(true);
  }

  /** LMSW can set PE but not clear it. */
  loadMachineStatus(value: number): void {
    const old = this.state.cr0;
    this.writeCr0(BigInt(((old & ~0xe) | (value & 0xf) | (old & CR0.PE)) >>> 0));
  }

  /** CR0.TS was set by a task switch. */
  tasksSwitched(): void {
    updateFpuTraps(this.state);
  }

  clearTaskSwitched(): void {
    this.state.set('cr0', this.state.cr0 & ~CR0.TS);
    updateFpuTraps(this.state);
  }

  writeExtended(index: number, value: bigint): void {
    const x87AndSse = value === 1n || value === 3n;
    if (index !== 0 || !x87AndSse) protectionFault();
    this.state.set('xcr0', Number(value));
  }
}
