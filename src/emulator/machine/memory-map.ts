/**
 * Where everything lies in the guest's physical address space and I/O ports: the one place that knows addresses.
 * Modelled on what every PC operating system expects; devices themselves see offsets.
 */

export const MIB = 1 << 20;

/** Guest RAM starts at 0 and ends below the hole that PCI and the APICs take. */
export const RAM_MOST = 0xc000_0000;
export const RAM_LEAST = 8 * MIB;

/** Below 1 MiB: what firmware keeps for itself (extended BIOS data area, video, option ROMs, BIOS). */
export const LOW_RAM_END = 0x9_fc00;
export const HIGH_RAM_START = 0x10_0000;

/** ACPI tables; inside the range in which the RSDP is searched for (ACPI 6.4, 5.2.5.1). */
export const ACPI_TABLES = 0xe_0000;
export const ACPI_TABLES_BYTES = 0x1_0000;

/** Scratch RAM in which boot loaders leave what they hand over. */
export const BOOT_DATA = { startInfo: 0x6000, commandLine: 0x7000, bootParams: 0x1_0000, gdt: 0x5000 } as const;
export const COMMAND_LINE_BYTES = 0x1000;

export const PCI_MEMORY = { start: 0xe000_0000, end: 0xfec0_0000 } as const;
export const IO_APIC = { start: 0xfec0_0000, length: 0x1000 } as const;
export const LOCAL_APIC = { start: 0xfee0_0000, length: 0x1000 } as const;

/** Of the device that test kernels want; see devices/ports/test-device.ts. */
export const TEST_MEMORY = 0xff00_0000;

/** First port of each device. */
export const PORT = {
  masterPic: 0x20,
  pit: 0x40,
  keyboardData: 0x60,
  systemControl: 0x61,
  keyboardCommand: 0x64,
  rtc: 0x70,
  post: 0x80,
  slavePic: 0xa0,
  debug: 0xe9,
  delay: 0xed,
  exit: 0xf4,
  serial1: 0x2f8,
  serial0: 0x3f8,
  triggerModes: 0x4d0,
  power: 0x600,
  pciAddress: 0xcf8,
  reset: 0xcf9,
  pciData: 0xcfc,
  testLatch: 0xe0,
  testLines: 0x2000,
} as const;

/** Interrupt requests as the 8259 numbers them; the I/O APIC's pins are the same but for the timer's. */
export const IRQ = { timer: 0, keyboard: 1, serial1: 3, serial0: 4, rtc: 8, sci: 9, pci: [10, 11] } as const;
export const IO_APIC_TIMER_PIN = 2;

/** One entry of the map that a boot loader gives to the kernel (E820 types: 1 RAM, 2 reserved). */
export interface MemoryRange {
  readonly start: number;
  readonly length: number;
  readonly type: 1 | 2;
}

/** The map of a machine with `ramBytes` of RAM, ascending. */
export function memoryRanges(ramBytes: number): readonly MemoryRange[] {
  return [
    { start: 0, length: LOW_RAM_END, type: 1 },
    { start: LOW_RAM_END, length: 0xa_0000 - LOW_RAM_END, type: 2 },
    { start: ACPI_TABLES, length: HIGH_RAM_START - ACPI_TABLES, type: 2 },
    { start: HIGH_RAM_START, length: ramBytes - HIGH_RAM_START, type: 1 },
    { start: IO_APIC.start, length: IO_APIC.length, type: 2 },
    { start: LOCAL_APIC.start, length: LOCAL_APIC.length, type: 2 },
  ];
}
