/**
 * The commands of a PS/2 keyboard (IBM PS/2 hardware reference, "Keyboard and auxiliary device controller"): answers
 * bytes for bytes. What it has to say is put into the output queue of the controller.
 *
 * No key map: scan codes come from the input port as they are.
 */
import { flag, type StateOf, u8 } from '../state/state-schema.js';

export const KEYBOARD_FIELDS = {
  scanning: flag(true),
  leds: u8(),
  scanCodeSet: u8(2),
  rate: u8(0x2b),
  /** The command whose argument comes next, 0 for none. */
  awaitsArgumentOf: u8(),
} as const;

type KeyboardState = StateOf<typeof KEYBOARD_FIELDS>;

const ACK = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;

/** A command's answer, and what it does to the keyboard. */
const COMMANDS: Readonly<Record<number, (state: KeyboardState) => readonly number[]>> = {
  237: (state) => awaitArgument(state, 0xed),
  238: () => [0xee],
  240: (state) => awaitArgument(state, 0xf0),
  242: () => [ACK, 0xab, 0x83],
  243: (state) => awaitArgument(state, 0xf3),
  244: (state) => setScanning(state, true),
  245: (state) => setScanning(setDefaults(state), false),
  246: (state) => {
    setDefaults(state);
    return [ACK];
  },
  255: (state) => {
    setScanning(setDefaults(state), true);
    return [ACK, SELF_TEST_PASSED];
  },
};

const ARGUMENTS: Readonly<Record<number, (state: KeyboardState, value: number) => readonly number[]>> = {
  237: (state, value) => {
    state.leds = value & 7;
    return [ACK];
  },
  240: (state, value) => {
    if (value === 0) return [ACK, state.scanCodeSet];
    if (value > 3) return [RESEND];
    state.scanCodeSet = value;
    return [ACK];
  },
  243: (state, value) => {
    state.rate = value & 0x7f;
    return [ACK];
  },
};

function awaitArgument(state: KeyboardState, command: number): readonly number[] {
  state.awaitsArgumentOf = command;
  return [ACK];
}

function setScanning(state: KeyboardState, scanning: boolean): readonly number[] {
  state.scanning = scanning;
  return [ACK];
}

function setDefaults(state: KeyboardState): KeyboardState {
  state.scanCodeSet = 2;
  state.rate = 0x2b;
  return state;
}

/** Takes one byte from the controller and returns what the keyboard sends back. */
export function keyboardCommand(state: KeyboardState, value: number): readonly number[] {
  const command = state.awaitsArgumentOf;
  const argument = ARGUMENTS[command];
  // A byte with the upper bit set where an argument is due is a new command.
  if (argument !== undefined && value < 0x80) {
    state.awaitsArgumentOf = 0;
    return argument(state, value);
  }
  state.awaitsArgumentOf = 0;
  return COMMANDS[value]?.(state) ?? [RESEND];
}
