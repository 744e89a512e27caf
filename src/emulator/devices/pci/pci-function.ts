/**
 * One PCI function's configuration space (PCI Local Bus 3.0, chapter 6): identity, command and status, memory BARs,
 * capabilities, the interrupt pin. What the function does is in the windows behind its BARs.
 *
 * 32-bit memory BARs only; no expansion ROM, no bridges.
 */
import type { Unmap } from '../bus.js';
import type { Window } from '../device.js';

export const CONFIG_BYTES = 256;

const COMMAND = { memory: 2, writable: 0x0407, interruptDisable: 0x400 } as const;
const STATUS = { interrupt: 8, capabilities: 0x10 } as const;
const AT = {
  vendor: 0,
  device: 2,
  command: 4,
  status: 6,
  revision: 8,
  classCode: 9,
  bars: 0x10,
  subsystemVendor: 0x2c,
  subsystem: 0x2e,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;
const FIRST_CAPABILITY = 0x40;

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Base class, subclass and interface, as one 24-bit number. */
  readonly classCode: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
}

export interface PciBar {
  /** 0-5. */
  readonly index: number;
  /** A power of two, at least 16. */
  readonly size: number;
  readonly window: Window;
}

export interface PciOptions {
  readonly identity: PciIdentity;
  readonly bars?: readonly PciBar[];
  /** Capability bodies: id, then everything behind the next pointer. */
  readonly capabilities?: readonly { readonly id: number; readonly body: Uint8Array }[];
  /** Uses INTA#. */
  readonly interrupts?: boolean;
  /** Gives a range of physical addresses to a window. */
  readonly map: (start: number, length: number, window: Window) => Unmap;
  /** The INTA# line. */
  readonly setInterrupt?: (level: boolean) => void;
}

export class PciFunction {
  readonly #options: PciOptions;
  readonly #config: Uint8Array;
  readonly #view: DataView;
  readonly #mapped = new Map<number, { readonly start: number; readonly unmap: Unmap }>();

  constructor(config: Uint8Array, options: PciOptions) {
    this.#options = options;
    this.#config = config;
    this.#view = new DataView(config.buffer, config.byteOffset, config.byteLength);
    this.reset();
  }

  reset(): void {
    const { identity, capabilities, interrupts } = this.#options;
    this.#config.fill(0);
    this.#set16(AT.vendor, identity.vendor);
    this.#set16(AT.device, identity.device);
    this.#view.setUint32(AT.revision, ((identity.classCode << 8) | identity.revision) >>> 0, true);
    this.#set16(AT.subsystemVendor, identity.subsystemVendor ?? 0);
    this.#set16(AT.subsystem, identity.subsystem ?? 0);
    this.#config[AT.interruptPin] = interrupts ? 1 : 0;
    this.#writeCapabilities(capabilities ?? []);
    this.remap();
  }

  /** What firmware would write: where the BARs lie, and the interrupt line as the 8259 numbers it. */
  assign(addresses: readonly number[], interruptLine: number): void {
    this.#options.bars?.forEach((bar, place) => {
      this.#view.setUint32(AT.bars + bar.index * 4, addresses[place] ?? 0, true);
    });
    this.#config[AT.interruptLine] = interruptLine;
    this.#set16(AT.command, COMMAND.memory);
    this.remap();
  }

  read(offset: number): number {
    return this.#config[offset] as number;
  }

  write(offset: number, value: number): void {
    const barEnd = AT.bars + 24;
    if (offset >= AT.command && offset < AT.status) {
      const mask = COMMAND.writable >> ((offset - AT.command) * 8);
      this.#config[offset] = value & mask & 0xff;
      this.remap();
      this.#driveLine();
    } else if (offset >= AT.bars && offset < barEnd) {
      this.#writeBar(offset, value);
    } else if (offset === AT.interruptLine) {
      this.#config[offset] = value;
    }
  }

  /** The function's interrupt condition; INTA# follows unless the command register forbids it. */
  setInterrupt(level: boolean): void {
    const status = this.#view.getUint16(AT.status, true);
    this.#set16(AT.status, level ? status | STATUS.interrupt : status & ~STATUS.interrupt);
    this.#driveLine();
  }

  /** Puts the windows where the BARs say; also after a restore. */
  remap(): void {
    const enabled = (this.#view.getUint16(AT.command, true) & COMMAND.memory) !== 0;
    for (const bar of this.#options.bars ?? []) {
      const start = (this.#view.getUint32(AT.bars + bar.index * 4, true) & ~(bar.size - 1)) >>> 0;
      const current = this.#mapped.get(bar.index);
      const wanted = enabled && start !== 0 ? start : -1;
      if (current?.start === wanted) continue;
      current?.unmap();
      this.#mapped.delete(bar.index);
      if (wanted < 0) continue;
      this.#mapped.set(bar.index, { start, unmap: this.#options.map(start, bar.size, bar.window) });
    }
  }

  #writeBar(offset: number, value: number): void {
    const index = (offset - AT.bars) >> 2;
    const bar = this.#options.bars?.find((candidate) => candidate.index === index);
    if (bar === undefined) return;
    // Address bits below the size read as zero: that is how a guest learns it (6.2.5.1).
    const mask = ~(bar.size - 1) >>> ((offset & 3) * 8);
    this.#config[offset] = value & mask & 0xff;
    this.remap();
  }

  #driveLine(): void {
    const asserted = (this.#view.getUint16(AT.status, true) & STATUS.interrupt) !== 0;
    const disabled = (this.#view.getUint16(AT.command, true) & COMMAND.interruptDisable) !== 0;
    this.#options.setInterrupt?.(asserted && !disabled);
  }

  #writeCapabilities(capabilities: NonNullable<PciOptions['capabilities']>): void {
    if (capabilities.length === 0) return;
    this.#set16(AT.status, STATUS.capabilities);
    let pointer: number = AT.capabilities;
    let at = FIRST_CAPABILITY;
    for (const { id, body } of capabilities) {
      this.#config[pointer] = at;
      this.#config[at] = id;
      this.#config.set(body, at + 2);
      pointer = at + 1;
      at = (at + 2 + body.length + 3) & ~3;
    }
  }

  #set16(offset: number, value: number): void {
    this.#view.setUint16(offset, value, true);
  }
}
