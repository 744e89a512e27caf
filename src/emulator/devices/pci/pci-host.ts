/**
 * PCI configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2): address port CF8h, data ports CFCh-CFFh, one bus of 32
 * slots with function 0 each. Slot 0 is the host bridge itself.
 *
 * Absent functions read as ones. CF9h lies inside the address port's range: only 32-bit accesses to CF8h reach the
 * address register.
 */
import type { Device, Window } from '../device.js';
import { bytes, createState, defineState, u32 } from '../state/state-schema.js';
import { CONFIG_BYTES, PciFunction } from './pci-function.js';

const SCHEMA = defineState(1, { address: u32(), bridge: bytes(CONFIG_BYTES) });
const ENABLE = 0x8000_0000;
const HOST_BRIDGE_CLASS = 0x06_0000;
/** Intel 82441FX, which every guest knows and none drives. */
const BRIDGE = { vendor: 0x8086, device: 0x1237, revision: 2, classCode: HOST_BRIDGE_CLASS } as const;

export class PciHost implements Device {
  readonly name = 'pci-host';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  readonly address: Window;
  readonly data: Window;
  readonly #functions = new Map<number, PciFunction>();

  constructor() {
    this.#functions.set(0, new PciFunction(this.state.bridge, { identity: BRIDGE, map: () => () => {} }));
    this.address = {
      width: 4,
      read: (_offset, size) => (size === 4 ? this.state.address : 0xffff_ffff),
      write: (_offset, size, value) => {
        if (size === 4) this.state.address = (value & 0x80ff_fffc) >>> 0;
      },
    };
    this.data = {
      width: 1,
      read: (offset) => this.#selected()?.read((this.state.address & 0xfc) + offset) ?? 0xff,
      write: (offset, _size, value) => this.#selected()?.write((this.state.address & 0xfc) + offset, value),
    };
  }

  reset(): void {
    this.state.address = 0;
    this.#functions.get(0)?.reset();
  }

  /** Plugs a function into a free slot, 1-31. */
  plug(slot: number, device: PciFunction): void {
    this.#functions.set(slot, device);
  }

  #selected(): PciFunction | undefined {
    const { address } = this.state;
    const isBusZero = (address & 0x00ff_0000) === 0;
    const isFunctionZero = (address & 0x700) === 0;
    if ((address & ENABLE) === 0 || !isBusZero || !isFunctionZero) return undefined;
    return this.#functions.get((address >> 11) & 31);
  }
}
