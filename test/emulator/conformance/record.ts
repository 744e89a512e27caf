// The binary records that travel between the conformance suite and the program that runs cases on the host's
// processor: one table of offsets, used here and passed to the C compiler. Not the meaning of a comparison.

/** Where a case's code page, and its data window, lie. The page behind the window is never mapped. */
export const CODE_BASE = 0x2000_0000;
export const DATA_BASE = 0x1000_0000;
export const PAGE_BYTES = 4096;
/** The data window is the end of the data page, so that an access can run into the unmapped page behind it. */
export const WINDOW_BYTES = 1024;
export const WINDOW_BASE = DATA_BASE + PAGE_BYTES - WINDOW_BYTES;

/** Offsets in a state image: 16 registers in encoding order, RIP, RFLAGS, an FXSAVE64 image, the data window. */
export const STATE_GPR = 0;
export const STATE_RIP = 128;
export const STATE_RFLAGS = 136;
export const STATE_FX = 144;
export const STATE_WINDOW = STATE_FX + 512;
export const STATE_BYTES = STATE_WINDOW + WINDOW_BYTES;

/** A case: mode (64 or 32), code length, 6 unused, code, state. The code is placed at the state's RIP. */
export const CASE_CODE = 8;
export const CASE_CODE_BYTES = 120;
export const CASE_STATE = CASE_CODE + CASE_CODE_BYTES;
export const CASE_BYTES = CASE_STATE + STATE_BYTES;

/** A result: exception vector, error code, faulting address (of #PF, else 0), state. */
export const RESULT_STATE = 16;
export const RESULT_BYTES = RESULT_STATE + STATE_BYTES;

/** The vector reported for a case that had to be stopped. */
export const HUNG_VECTOR = 255;

/** The definitions that host-cpu.c is compiled with. */
export const HARNESS_DEFINES: Readonly<Record<string, number>> = {
  CODE_BASE,
  DATA_BASE,
  WINDOW_BASE,
  WINDOW_BYTES,
  STATE_GPR,
  STATE_RIP,
  STATE_RFLAGS,
  STATE_FX,
  STATE_WINDOW,
  CASE_CODE,
  CASE_STATE,
  CASE_BYTES,
  RESULT_STATE,
  RESULT_BYTES,
  HUNG_VECTOR,
};
