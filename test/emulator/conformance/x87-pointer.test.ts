import { describe, expect, it } from 'vitest';
import { EmulatorCpu } from './emulator-cpu.js';
import { openHostCpu } from './host/host-cpu.js';
import { WINDOW_BASE } from './record.js';
import { StateImage } from './state-image.js';

const host = openHostCpu();

/** fldz; fnstenv [rbx]: how position-independent code asks for its own address. */
const FLDZ_FNSTENV = Uint8Array.of(0x90, 0xd9, 0xee, 0xd9, 0x33);
/** fld qword [rbx]; fldcw [rbx + 32]; fnstenv [rbx]: a control instruction leaves the pointer alone. */
const FLD_FLDCW_FNSTENV = Uint8Array.of(0xdd, 0x03, 0xd9, 0x6b, 0x20, 0xd9, 0x33);
const FIP_OFFSET = 12;

describe.skipIf(typeof host === 'string')('the x87 instruction pointer', () => {
  if (typeof host === 'string') return;

  it.each([FLDZ_FNSTENV, FLD_FLDCW_FNSTENV])('names the last instruction that worked on data', (...bytes) => {
    const code = Uint8Array.from(bytes);
    const state = StateImage.initial();
    state.setGpr(3, BigInt(WINDOW_BASE));
    state.window.set([0x7f, 0x03], 0x20);
    const cases = ([64, 32] as const).map((mode) => ({ name: 'fnstenv', mode, code, state }));
    const pointers = (outcomes: ReturnType<typeof host.run>): (number | undefined)[] =>
      outcomes.map(({ state: { window } }) =>
        new DataView(window.buffer, window.byteOffset).getUint32(FIP_OFFSET, true),
      );
    const expected = pointers(host.run(cases));
    expect(pointers(new EmulatorCpu('interpreter').run(cases))).toEqual(expected);
    expect(pointers(new EmulatorCpu('jit').run(cases))).toEqual(expected);
  });
});
