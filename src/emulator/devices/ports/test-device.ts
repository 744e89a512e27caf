/**
 * What test kernels find at E0h in QEMU's `pc-testdev`: a latch, a run of ports that drive interrupt lines, and a
 * window of memory behind the bus. No PC has it; it is plugged only where a test kernel is to be judged.
 */
import type { Device, Line, Window } from '../device.js';
import { bytes, createState, defineState, resetState, u32 } from '../state/state-schema.js';

export const TEST_MEMORY_BYTES = 0x1_0000;
const LINES = 16;

const SCHEMA = defineState(1, {
  latch: u32(),
  /** Bit n: line n is asserted. */
  lines: u32(),
  memory: bytes(TEST_MEMORY_BYTES),
});

export class TestDevice implements Device {
  readonly name = 'test-device';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  /** Four ports that read back what was written. */
  readonly latch: Window;
  /** A port a line: nonzero asserts it. */
  readonly lines: Window;
  readonly memory: Window;
  readonly #outputs: readonly Line[];

  constructor(line: (irq: number) => Line) {
    this.#outputs = Array.from({ length: LINES }, (_, irq) => line(irq));
    this.latch = {
      width: 4,
      read: (offset) => this.state.latch >>> (8 * offset),
      write: (_offset, _size, value) => {
        this.state.latch = value;
      },
    };
    this.lines = {
      width: 1,
      read: (offset) => (this.state.lines >>> offset) & 1,
      write: (offset, _size, value) => {
        const bit = 1 << offset;
        this.state.lines = (value !== 0 ? this.state.lines | bit : this.state.lines & ~bit) >>> 0;
        this.#outputs[offset]?.set(value !== 0);
      },
    };
    const view = (): DataView => new DataView(this.state.memory.buffer, this.state.memory.byteOffset);
    this.memory = {
      width: 4,
      read: (offset, size) =>
        size === 4
          ? view().getUint32(offset, true)
          : size === 2
            ? view().getUint16(offset, true)
            : view().getUint8(offset),
      write: (offset, size, value) => {
        if (size === 4) view().setUint32(offset, value, true);
        else if (size === 2) view().setUint16(offset, value, true);
        else view().setUint8(offset, value);
      },
    };
  }

  reset(): void {
    resetState(SCHEMA, this.state);
  }
}
