/**
 * Ports that test kernels and firmware write to: debug output (E9h, reads back E9h so that guests can detect it), exit
 * with a code (F4h), POST code and I/O delay (80h, EDh: writes vanish).
 */
import type { Device, Window } from '../device.js';
import { createState, defineState, resetState, u8 } from '../state/state-schema.js';

const SCHEMA = defineState(1, { postCode: u8() });

export class DebugPorts implements Device {
  readonly name = 'debug-ports';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  readonly output: Window;
  /** Wider than a byte, as guests write a 32-bit code. */
  readonly exit: Window;
  readonly post: Window;
  readonly delay: Window;

  constructor(wiring: { readonly sink: (byte: number) => void; readonly exit: (code: number) => void }) {
    this.output = { width: 1, read: () => 0xe9, write: (_offset, _size, value) => wiring.sink(value) };
    this.exit = { width: 4, read: () => 0, write: (_offset, _size, value) => wiring.exit(value) };
    this.post = {
      width: 1,
      read: () => this.state.postCode,
      write: (_offset, _size, value) => {
        this.state.postCode = value;
      },
    };
    this.delay = { width: 1, read: () => 0xff, write: () => {} };
  }

  reset(): void {
    resetState(SCHEMA, this.state);
  }
}
