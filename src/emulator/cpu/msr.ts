/**
 * Model-specific registers as a table (SDM volume 4; AMD volume 2, appendix A). The machine is asked first,
 * because some live in the APIC; unknown ones raise #GP(0).
 */
import { isCanonical } from '../mmu/linear-memory.js';
import type { ControlRegisters } from './control-registers.js';
import type { CpuState } from './cpu-state.js';
import { protectionFault } from './exceptions.js';
import type { CpuModel } from './models.js';
import type { Bus } from './processor.js';

interface MsrContext {
  readonly state: CpuState;
  readonly control: ControlRegisters;
  readonly bus: Bus;
  readonly timestamp: () => bigint;
}

interface Msr {
  read(context: MsrContext): bigint;
  write(context: MsrContext, value: bigint): void;
}

const field = (name: string): Msr => ({
  read: ({ state }) => state.getWide(name),
  write: ({ state }, value) => state.setWide(name, value),
});

/** Values that hold an address must be canonical. */
const addressField = (name: string): Msr => ({
  read: ({ state }) => state.getWide(name),
  write: ({ state }, value) => {
    requireCanonical(value);
    state.setWide(name, value);
  },
});

const segmentBase = (segment: number): Msr => ({
  read: ({ state }) => state.segmentBase(segment),
  write: ({ state }, value) => {
    requireCanonical(value);
    state.setSegmentBase(segment, value);
  },
});

/** Reads as a constant, ignores writes. */
const constant = (value: bigint): Msr => ({ read: () => value, write: () => {} });

function requireCanonical(value: bigint): void {
  if (!isCanonical(Number(BigInt.asIntN(32, value >> 32n)))) protectionFault();
}

const PAT_TYPES = new Set([0, 1, 4, 5, 6, 7]);

const timestampCounter: Msr = {
  read: ({ timestamp }) => timestamp(),
  write: ({ state, timestamp }, value) =>
    state.setWide('tscOffset', BigInt.asUintN(64, state.getWide('tscOffset') + value - timestamp())),
};

const pat: Msr = {
  read: ({ state }) => state.getWide('pat'),
  write: ({ state }, value) => {
    for (let i = 0n; i < 64n; i += 8n) if (!PAT_TYPES.has(Number((value >> i) & 0xffn))) protectionFault();
    state.setWide('pat', value);
  },
};

const FIXED_MTRRS = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];

const common: readonly (readonly [number, Msr])[] = [
  [0x10, timestampCounter],
  [0x17, constant(0n)],
  [0x2a, constant(0n)],
  [0x8b, constant(0n)],
  [0xfe, constant(0x508n)], // MTRRCAP: 8 variable ranges, fixed ranges, write-combining
  [0x174, field('sysenterCs')],
  [0x175, addressField('sysenterEsp')],
  [0x176, addressField('sysenterEip')],
  [0x179, constant(0n)],
  [0x17a, constant(0n)],
  [0x1a0, field('miscEnable')],
  [0x1d9, constant(0n)],
  [0x277, pat],
  [0x2ff, field('mtrrDefType')],
  ...Array.from({ length: 16 }, (_, i) => [0x200 + i, field(`mtrrVar${i}`)] as const),
  ...FIXED_MTRRS.map((number, i) => [number, field(`mtrrFix${i}`)] as const),
  [0xc000_0080, { read: ({ state }) => BigInt(state.efer), write: ({ control }, value) => control.writeEfer(value) }],
];

const longMode: readonly (readonly [number, Msr])[] = [
  [0xc000_0081, field('star')],
  [0xc000_0082, addressField('lstar')],
  [0xc000_0083, addressField('cstar')],
  [0xc000_0084, field('sfmask')],
  [0xc000_0100, segmentBase(4)],
  [0xc000_0101, segmentBase(5)],
  [0xc000_0102, addressField('kernelGsBase')],
  [0xc000_0103, field('tscAux')],
  // AMD: SYSCFG, HWCR, NB_CFG, microcode patch level; kernels read them and live with zero.
  // The four event selectors and counters of family 15; nothing counts.
  ...Array.from({ length: 8 }, (_, i) => [0xc001_0000 + i, constant(0n)] as const),
  [0xc001_0010, constant(0n)],
  [0xc001_0015, constant(0n)],
  [0xc001_001f, constant(0n)],
  [0xc001_0020, constant(0n)],
  [0xc001_0055, constant(0n)],
  [0xc001_0058, constant(0n)],
  [0xc001_1022, constant(0n)],
  [0xc001_1023, constant(0n)],
  [0xc001_1029, constant(0n)],
];

export class MsrFile {
  private readonly context: MsrContext;
  private readonly table: ReadonlyMap<number, Msr>;

  constructor(model: CpuModel, context: MsrContext) {
    this.context = context;
    this.table = new Map(model.longMode ? [...common, ...longMode] : common);
  }

  read(number: number): bigint {
    const outside = this.context.bus.readMsr(number >>> 0);
    if (outside !== undefined) return outside;
    const msr = this.table.get(number >>> 0) ?? protectionFault();
    return msr.read(this.context);
  }

  write(number: number, value: bigint): void {
    const outside = this.context.bus.writeMsr(number >>> 0, value);
    if (outside === 'fault') protectionFault();
    if (outside) return;
    const msr = this.table.get(number >>> 0) ?? protectionFault();
    msr.write(this.context, value);
  }
}
