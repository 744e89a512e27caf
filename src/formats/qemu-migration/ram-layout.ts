/**
 * Where the RAM blocks of a migration stream lie in physical memory.
 *
 * The stream has names and lengths, not addresses. A PC has its memory in one block (or one a NUMA node), from 0 up to
 * a split below 4 GiB and again from 4 GiB on. The split is read from the guest's own CMOS, where QEMU tells the
 * firmware, and else follows from the machine type and the size.
 */
import { type Extent, ExtentList } from '../image/extents.js';
import type { RamBlock } from './ram-stream.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const ABOVE_START = 4 * GIB;

/** The legacy VGA window, which hides memory while there is a VGA card. */
const VGA_WINDOW = { start: 0xa0000, end: 0xc0000 } as const;

/**
 * Memory below 4 GiB by machine type: `below` bytes once there are `from` bytes.
 * QEMU 7.2 hw/i386/pc_piix.c (`pc_init1`), pc_q35.c (`pc_q35_init`), microvm.c (`microvm_memory_init`).
 */
const splits = [
  { machine: /q35/, from: 0xb000_0000, below: 2 * GIB },
  { machine: /microvm/, from: 0xc000_0000, below: 0xc000_0000 },
  { machine: /(?:)/, from: 0xe000_0000, below: 3 * GIB },
] as const;

/** Sizes in CMOS: 64 KiB steps, below 4 GiB counted from 16 MiB (QEMU hw/i386/pc.c, `pc_cmos_init`). */
const CMOS_BELOW = 0x34;
const CMOS_ABOVE = 0x5b;
const CMOS_STEP = 64 * 1024;

interface CmosSizes {
  readonly below: number;
  readonly above: number;
}

/** What the firmware was told, from the contents of CMOS; undefined when there are none. */
export function memorySizes(cmos: Uint8Array | undefined): CmosSizes | undefined {
  if (!cmos || cmos.length < 128) return undefined;
  const byte = (at: number) => cmos[at] as number;
  return {
    below: 16 * MIB + (byte(CMOS_BELOW) + byte(CMOS_BELOW + 1) * 0x100) * CMOS_STEP,
    above: (byte(CMOS_ABOVE) + byte(CMOS_ABOVE + 1) * 0x100 + byte(CMOS_ABOVE + 2) * 0x10000) * CMOS_STEP,
  };
}

/** How many bytes of `size` lie below 4 GiB. CMOS is believed where it adds up. */
export function memoryBelow4G(machine: string, size: number, told?: CmosSizes): number {
  if (told && told.below + told.above === size) return told.below;
  const rule = splits.find((one) => one.machine.test(machine));
  return rule && size >= rule.from ? Math.min(rule.below, size) : size;
}

/** Names of memory that belongs to devices and firmware: PCI addresses, ROMs, flash. */
const deviceBlock = /^[0-9a-f]{4}:|^\/rom@|^pc\.(bios|rom)$|flash|vga|rom$/;

function total(blocks: readonly RamBlock[]): number {
  return blocks.reduce((sum, { length }) => sum + length, 0);
}

/**
 * The blocks that together are main memory, in order: the one that is named for it; else, where the user named them
 * (memory backends), those that add up to what the firmware was told, by name; else the largest.
 */
export function mainMemory(blocks: readonly RamBlock[], told?: CmosSizes): readonly RamBlock[] {
  const whole = blocks.find(({ name }) => name === 'pc.ram' || name === 'microvm.ram');
  if (whole) return [whole];
  const named = blocks
    .filter(({ name }) => !deviceBlock.test(name))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  if (told && total(named) === told.below + told.above) return named;
  const nodes = named.filter(({ name }) => /ram-node\d+$/.test(name));
  return nodes.length > 0 ? nodes : [...blocks].sort((a, b) => b.length - a.length).slice(0, 1);
}

/**
 * Physical extents of the readable pages of main memory; `offset` is the place in the blocks put together.
 */
export function physicalExtents(main: readonly RamBlock[], below: number, hasVga: boolean): Extent[] {
  const out = new ExtentList();
  /** Cuts [start, end) of main memory at the split and at the VGA window. */
  const place = (start: number, end: number): void => {
    const cuts = [...(hasVga ? [VGA_WINDOW.start, VGA_WINDOW.end] : []), below].filter(
      (cut) => cut > start && cut < end,
    );
    for (const [i, from] of [start, ...cuts].entries()) {
      const isHidden = hasVga && from >= VGA_WINDOW.start && from < VGA_WINDOW.end;
      if (!isHidden) out.push(from < below ? from : from - below + ABOVE_START, (cuts[i] ?? end) - from, from);
    }
  };
  let base = 0;
  for (const block of main) {
    for (const [first, end] of block.pages.runs()) place(base + first * 4096, base + end * 4096);
    base += block.length;
  }
  return out.all();
}
