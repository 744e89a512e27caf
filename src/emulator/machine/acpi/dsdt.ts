/**
 * The machine's DSDT: soft-off, the PCI root with its windows and interrupt routing, and the ISA devices that Linux
 * would otherwise guess (serial ports, clock, keyboard controller).
 */
import { PM_OFFSETS, SLEEP_TYPE_S5 } from '../../devices/acpi/power-management.js';
import { IRQ, PCI_MEMORY, PORT } from '../memory-map.js';
import {
  type Aml,
  device,
  eisaId,
  integer,
  ioPorts,
  irqLine,
  memoryRange,
  name,
  pkg,
  resources,
  scope,
  wordRange,
} from './aml-writer.js';

const PCI_SLOTS = 32;

/** The interrupt request of INTA# in a slot: two lines, by turns. */
export function pciIrq(slot: number): number {
  return IRQ.pci[slot % IRQ.pci.length] as number;
}

/** _PRT (6.2.13): pin INTA# of each slot to a global interrupt, hard-wired. */
function routing(): Aml {
  const entries = Array.from({ length: PCI_SLOTS - 1 }, (_, i) => i + 1).map((slot) =>
    pkg(integer(slot * 0x1_0000 + 0xffff), integer(0), integer(0), integer(pciIrq(slot))),
  );
  return name('_PRT', pkg(...entries));
}

function isaDevice(path: string, id: string, unit: number, ...descriptors: readonly Aml[]): Aml {
  return device(
    path,
    name('_HID', eisaId(id)),
    name('_UID', integer(unit)),
    name('_STA', integer(0x0f)),
    name('_CRS', resources(...descriptors)),
  );
}

function pciRoot(): Aml {
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_UID', integer(0)),
    name('_BBN', integer(0)),
    name(
      '_CRS',
      resources(
        wordRange('bus', 0, 0xff),
        ioPorts(PORT.pciAddress, 8),
        wordRange('ports', 0, PORT.pciAddress - 1),
        wordRange('ports', PORT.pciAddress + 8, 0xffff),
        memoryRange(PCI_MEMORY.start, PCI_MEMORY.end - 1),
      ),
    ),
    routing(),
    isaDevice('COM1', 'PNP0501', 1, ioPorts(PORT.serial0, 8), irqLine(IRQ.serial0)),
    isaDevice('COM2', 'PNP0501', 2, ioPorts(PORT.serial1, 8), irqLine(IRQ.serial1)),
    isaDevice('RTC', 'PNP0B00', 0, ioPorts(PORT.rtc, 2), irqLine(IRQ.rtc)),
    isaDevice(
      'KBD',
      'PNP0303',
      0,
      ioPorts(PORT.keyboardData, 1),
      ioPorts(PORT.keyboardCommand, 1),
      irqLine(IRQ.keyboard),
    ),
    isaDevice('PM', 'PNP0C02', 0, ioPorts(PORT.power, PM_OFFSETS.timer + 4)),
  );
}

/** The definition block without its table header. */
export function dsdtBody(): Uint8Array {
  const sleep = name('\\_S5', pkg(integer(SLEEP_TYPE_S5), integer(0), integer(0), integer(0)));
  return Uint8Array.from([...sleep, ...scope('\\_SB', pciRoot())]);
}
