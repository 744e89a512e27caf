/**
 * The PCI transport of virtio 1.x (VIRTIO 1.1, 4.1): common configuration, notification, interrupt status and device
 * configuration in one BAR of 16 KiB, found through vendor capabilities.
 *
 * Modern only (no transitional I/O BAR), INTx only (no MSI-X), requests are served at the notification. The window
 * into the BAR through configuration space is not offered.
 */
import type { Unmap } from '../bus.js';
import type { AccessSize, Device, GuestMemory, Window } from '../device.js';
import { PciFunction } from '../pci/pci-function.js';
import { createState, defineState, resetState, type StateSchema } from '../state/state-schema.js';
import {
  COMMON_BYTES,
  readCommon,
  TRANSPORT_FIELDS,
  type Transport,
  type TransportState,
  writeCommon,
} from './common-configuration.js';
import type { VirtioKind } from './virtio-kind.js';
import { QUEUE_MOST, Virtqueue } from './virtqueue.js';

const SCHEMA = defineState(1, TRANSPORT_FIELDS);

const VENDOR = 0x1af4;
const MODERN_DEVICE = 0x1040;
const VENDOR_CAPABILITY = 9;
const VERSION_1 = 1n << 32n;
const DRIVER_OK = 4;
const FEATURES_OK = 8;
const BAR_INDEX = 4;
const BAR_BYTES = 0x4000;
/** Sections of the BAR by configuration type (4.1.4). */
const SECTIONS = {
  common: { type: 1, offset: 0, length: COMMON_BYTES },
  notify: { type: 2, offset: 0x3000, length: 0x1000 },
  isr: { type: 3, offset: 0x1000, length: 1 },
  device: { type: 4, offset: 0x2000, length: 0x1000 },
} as const;

export interface VirtioWiring {
  readonly memory: GuestMemory;
  readonly map: (start: number, length: number, window: Window) => Unmap;
  readonly setInterrupt: (level: boolean) => void;
}

export class VirtioPci implements Device<typeof TRANSPORT_FIELDS>, Transport {
  readonly name: string;
  readonly schema: StateSchema<typeof TRANSPORT_FIELDS> = SCHEMA;
  readonly state: TransportState = createState(SCHEMA);
  readonly function: PciFunction;
  readonly #kind: VirtioKind;
  readonly #queues: readonly Virtqueue[];

  constructor(kind: VirtioKind, wiring: VirtioWiring) {
    this.name = kind.name;
    this.#kind = kind;
    this.#queues = this.state.queues.map((queue) => new Virtqueue(queue, wiring.memory));
    const window: Window = {
      width: 4,
      read: (offset, size) => this.#read(offset, size),
      write: (offset, size, value) => this.#write(offset, size, value),
    };
    this.function = new PciFunction(this.state.config, {
      identity: {
        vendor: VENDOR,
        device: MODERN_DEVICE + kind.type,
        revision: 1,
        classCode: kind.classCode,
        subsystemVendor: VENDOR,
        subsystem: 0x1100,
      },
      bars: [{ index: BAR_INDEX, size: BAR_BYTES, window }],
      capabilities: Object.values(SECTIONS).map(capability),
      interrupts: true,
      map: wiring.map,
      setInterrupt: wiring.setInterrupt,
    });
  }

  get features(): bigint {
    return this.#kind.features | VERSION_1;
  }

  get queues(): number {
    return this.#kind.queues;
  }

  reset(): void {
    this.#resetTransport();
    this.function.reset();
  }

  restored(): void {
    this.function.remap();
    this.function.setInterrupt(this.state.isr !== 0);
  }

  setStatus(value: number): void {
    if (value === 0) {
      this.#resetTransport();
      return;
    }
    const { driverFeatures } = this.state;
    const isAcceptable = (driverFeatures & ~this.features) === 0n && (driverFeatures & VERSION_1) !== 0n;
    // A set of features that was not offered, or a driver of the old kind, does not get FEATURES_OK back (3.1.1).
    this.state.status = isAcceptable ? value : value & ~FEATURES_OK;
  }

  /** Back to the state before a driver came; configuration space stays. */
  #resetTransport(): void {
    const config = this.state.config.slice();
    resetState(SCHEMA, this.state);
    this.state.config.set(config);
    this.function.setInterrupt(false);
  }

  #read(offset: number, size: AccessSize): number {
    const { common, isr, device } = SECTIONS;
    if (offset < common.length) return readCommon(this, offset, size);
    if (offset === isr.offset) {
      const value = this.state.isr;
      this.state.isr = 0;
      this.function.setInterrupt(false);
      return value;
    }
    if (offset < device.offset || offset >= device.offset + device.length) return 0;
    let value = 0;
    for (let i = 0; i < size; i++) value |= (this.#kind.configuration[offset - device.offset + i] ?? 0) << (i * 8);
    return value >>> 0;
  }

  #write(offset: number, size: AccessSize, value: number): void {
    if (offset < SECTIONS.common.length) writeCommon(this, offset, size, value);
    else if (offset >= SECTIONS.notify.offset) this.#notify(value & 0xffff);
  }

  /** Serves what is available, at most one ring's worth: a driver cannot keep us here by refilling. */
  #notify(index: number): void {
    const queue = this.#queues[index];
    if (queue === undefined || index >= this.queues || (this.state.status & DRIVER_OK) === 0) return;
    let wanted = false;
    for (let served = 0; served < QUEUE_MOST; served++) {
      const chain = queue.take();
      if (chain === undefined) break;
      wanted = queue.give(chain, this.#kind.serve(chain)) || wanted;
    }
    if (!wanted) return;
    this.state.isr |= 1;
    this.function.setInterrupt(true);
  }
}

/** struct virtio_pci_cap behind its next pointer; the notification's ends in a multiplier of 0: one address for all. */
function capability(section: { type: number; offset: number; length: number }): { id: number; body: Uint8Array } {
  const isNotify = section.type === SECTIONS.notify.type;
  const body = new Uint8Array(isNotify ? 18 : 14);
  const view = new DataView(body.buffer);
  view.setUint8(0, body.length + 2);
  view.setUint8(1, section.type);
  view.setUint8(2, BAR_INDEX);
  view.setUint32(6, section.offset, true);
  view.setUint32(10, section.length, true);
  return { id: VENDOR_CAPABILITY, body };
}
