/**
 * Protected mode with flat segments and paging off: how PVH, Multiboot and the Linux 32-bit entry all begin. They
 * differ in selectors and general registers.
 */
import type { EntryState, SegmentState } from '../../cpu/processor.js';
import { BOOT_DATA } from '../memory-map.js';
import type { Placement } from './boot-plan.js';

const CODE_32 = 0xc09b;
const DATA_32 = 0xc093;
const BUSY_TSS_32 = 0x008b;
const UNUSABLE_LDT = 0x0082;

/** A GDT with code at 10h and data at 18h (the Linux 32-bit boot protocol's __BOOT_CS and __BOOT_DS), base 0, 4 GiB. */
const GDT = Uint8Array.from(
  [0n, 0n, 0x00cf_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn].flatMap((entry) =>
    Array.from({ length: 8 }, (_, i) => Number((entry >> BigInt(i * 8)) & 0xffn)),
  ),
);

export const FLAT_GDT: Placement = { address: BOOT_DATA.gdt, bytes: GDT };

/** CR0 with PE and ET. */
const PROTECTED = 0x11n;

/** Entry at `rip` with the given general registers; needs `FLAT_GDT` in RAM. */
export function flatEntry(rip: number, registers: Readonly<Record<string, number>>): EntryState {
  const flat = (selector: number, attributes: number): SegmentState => ({
    selector,
    base: 0n,
    limit: 0xffff_ffff,
    attributes,
  });
  const data = flat(0x18, DATA_32);
  const wide = Object.entries(registers).map(([name, value]) => [name, BigInt(value)] as const);
  return {
    registers: { ...Object.fromEntries(wide), rip: BigInt(rip), rflags: 2n },
    control: { cr0: PROTECTED, cr4: 0n },
    segments: {
      cs: flat(0x10, CODE_32),
      ds: data,
      es: data,
      fs: data,
      gs: data,
      ss: data,
      tr: { selector: 0, base: 0n, limit: 0x67, attributes: BUSY_TSS_32 },
      ldtr: { selector: 0, base: 0n, limit: 0xffff, attributes: UNUSABLE_LDT },
    },
    gdt: { base: BigInt(BOOT_DATA.gdt), limit: GDT.length - 1 },
    idt: { base: 0n, limit: 0 },
  };
}
