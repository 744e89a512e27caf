/**
 * All devices of the machine and their wiring: who drives which line, who answers where. Adding a device means adding
 * it here and in `memory-map.ts`.
 */
import { PowerManagement } from '../devices/acpi/power-management.js';
import { AddressSpan, type Unmap } from '../devices/bus.js';
import type { Clock, Device, GuestMemory } from '../devices/device.js';
import { DiskImage } from '../devices/disk/disk-image.js';
import { I8042 } from '../devices/i8042/i8042.js';
import { PciHost } from '../devices/pci/pci-host.js';
import { Pit } from '../devices/pit/pit.js';
import { DebugPorts } from '../devices/ports/debug-ports.js';
import { TEST_MEMORY_BYTES, TestDevice } from '../devices/ports/test-device.js';
import { Rtc } from '../devices/rtc/rtc.js';
import { Uart } from '../devices/uart/uart.js';
import { VirtioBlock } from '../devices/virtio/virtio-block.js';
import { VirtioEntropy } from '../devices/virtio/virtio-entropy.js';
import type { VirtioKind } from '../devices/virtio/virtio-kind.js';
import { VirtioPci } from '../devices/virtio/virtio-pci.js';
import { pciIrq } from './acpi/dsdt.js';
import { Interrupts } from './interrupts.js';
import type { ResolvedConfig } from './machine-config.js';
import { IO_APIC, IRQ, LOCAL_APIC, PCI_MEMORY, PORT, TEST_MEMORY } from './memory-map.js';

/** Where things that leave the machine go. */
export interface ChipsetOutputs {
  readonly serial: (port: number, byte: number) => void;
  readonly debug: (byte: number) => void;
  readonly exit: (code: number) => void;
  readonly powerOff: () => void;
  readonly reset: (by: string) => void;
  readonly randomWord: () => bigint;
}

const PCI_WINDOW = 0x1_0000;

export class Chipset {
  readonly ports = new AddressSpan('ports');
  readonly memory = new AddressSpan('memory');
  readonly interrupts: Interrupts;
  readonly serial: readonly [Uart, Uart];
  readonly keyboard: I8042;
  readonly power: PowerManagement;
  readonly disks: readonly DiskImage[];
  /** In the order of construction, which is the order of saving. */
  readonly devices: readonly Device[];
  readonly #virtio: VirtioPci[] = [];
  #unmapApic: Unmap = () => {};

  constructor(clock: Clock, ram: GuestMemory, config: ResolvedConfig, outputs: ChipsetOutputs) {
    const interrupts = new Interrupts(clock, (base) => this.#placeApic(base));
    this.interrupts = interrupts;
    const pit = new Pit(clock, interrupts.line(IRQ.timer));
    const rtc = new Rtc(clock, interrupts.line(IRQ.rtc), { seconds: config.startSeconds });
    const uart = (port: number, irq: number): Uart =>
      new Uart({
        name: `serial${port}`,
        clock,
        irq: interrupts.line(irq),
        sink: (byte) => outputs.serial(port, byte),
      });
    this.serial = [uart(0, IRQ.serial0), uart(1, IRQ.serial1)];
    this.keyboard = new I8042(interrupts.line(IRQ.keyboard), () => outputs.reset('keyboard controller'));
    this.power = new PowerManagement({
      clock,
      irq: interrupts.line(IRQ.sci),
      powerOff: outputs.powerOff,
      reset: () => outputs.reset('reset register'),
    });
    const debug = new DebugPorts({ sink: outputs.debug, exit: outputs.exit });
    const pci = new PciHost();
    this.disks = config.disks.map((source, index) => new DiskImage(`disk${index}`, source));
    const kinds: VirtioKind[] = [
      ...this.disks.map((disk) => new VirtioBlock(disk, ram)),
      new VirtioEntropy(ram, (length) => randomBytes(length, outputs.randomWord)),
    ];
    const lines = new Map(IRQ.pci.map((irq) => [irq as number, interrupts.sharedLine(irq)]));
    kinds.forEach((kind, index) => {
      const line = lines.get(pciIrq(index + 1))?.();
      const virtio = new VirtioPci(kind, {
        memory: ram,
        map: (start, length, window) => this.memory.map(start, length, window),
        setInterrupt: (level) => line?.set(level),
      });
      pci.plug(index + 1, virtio.function);
      this.#virtio.push(virtio);
    });
    this.#mapPorts(pit, rtc, debug, pci);
    this.#placeApic(LOCAL_APIC.start);
    this.memory.map(IO_APIC.start, IO_APIC.length, interrupts.ioApic.registers);
    const test = config.testDevice ? [this.#plugTestDevice()] : [];
    const { pic, localApic, ioApic } = interrupts;
    this.devices = [
      pic,
      localApic,
      ioApic,
      pit,
      rtc,
      ...this.serial,
      this.keyboard,
      this.power,
      debug,
      pci,
      ...this.disks,
      ...this.#virtio,
      ...test,
    ];
    this.#initialise();
  }

  /** The RESET line: every device, then what firmware sets up before it starts a kernel. */
  reset(): void {
    for (const device of this.devices) device.reset();
    this.#initialise();
  }

  /** Firmware's part: the 8259 reaches the processor, and PCI functions have their addresses. */
  #initialise(): void {
    this.interrupts.localApic.setVirtualWire();
    this.#virtio.forEach((virtio, index) => {
      virtio.function.assign([PCI_MEMORY.end - PCI_WINDOW * (index + 1)], pciIrq(index + 1));
    });
  }

  /** RAM that is there hides the registers: the processor does not ask the bus for it. */
  #placeApic(base: number): void {
    this.#unmapApic();
    this.#unmapApic = this.memory.map(base, LOCAL_APIC.length, this.interrupts.localApic.registers);
  }

  #plugTestDevice(): TestDevice {
    const device = new TestDevice((irq) => this.interrupts.line(irq));
    this.ports.map(PORT.testLatch, 4, device.latch);
    this.ports.map(PORT.testLines, 16, device.lines);
    this.memory.map(TEST_MEMORY, TEST_MEMORY_BYTES, device.memory);
    return device;
  }

  #mapPorts(pit: Pit, rtc: Rtc, debug: DebugPorts, pci: PciHost): void {
    const { pic } = this.interrupts;
    const { ports } = this;
    ports.map(PORT.serial0, 8, this.serial[0].ports);
    ports.map(PORT.serial1, 8, this.serial[1].ports);
    ports.map(PORT.masterPic, 2, pic.master);
    ports.map(PORT.slavePic, 2, pic.slave);
    ports.map(PORT.triggerModes, 2, pic.triggerModes);
    ports.map(PORT.pit, 4, pit.ports);
    ports.map(PORT.systemControl, 1, pit.controlPort);
    ports.map(PORT.power, 12, this.power.ports);
    ports.map(PORT.keyboardData, 1, this.keyboard.dataPort);
    ports.map(PORT.keyboardCommand, 1, this.keyboard.commandPort);
    ports.map(PORT.rtc, 2, rtc.ports);
    ports.map(PORT.reset, 1, this.power.resetPort);
    ports.map(PORT.pciAddress, 4, pci.address);
    ports.map(PORT.pciData, 4, pci.data);
    ports.map(PORT.debug, 1, debug.output);
    ports.map(PORT.exit, 4, debug.exit);
    ports.map(PORT.post, 1, debug.post);
    ports.map(PORT.delay, 1, debug.delay);
  }
}

function randomBytes(length: number, word: () => bigint): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 8) view.setBigUint64(at, word(), true);
  return bytes.subarray(0, length);
}
