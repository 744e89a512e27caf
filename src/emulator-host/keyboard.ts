/** Standard input as a guest's keyboard, and sleeping on the host while the guest sleeps. */
import type { Machine } from '../emulator/machine/machine.js';
import type { Outcome } from '../emulator/machine/outcome.js';

export interface Keyboard {
  /** What was typed since the last call. */
  take(): Uint8Array;
  /** Resolves when something is typed or after `milliseconds`. */
  wait(milliseconds: number): Promise<void>;
}

/** A guest that nothing will wake looks for input that often. */
const LONGEST_WAIT = 100;

/**
 * The guest halted: lets as much guest time pass as the wall clock does, at most up to its next deadline. What woke in
 * that time may have ended the guest: the outcome says so.
 */
export async function paceHalt(machine: Machine, keyboard: Keyboard): Promise<Outcome> {
  const before = performance.now();
  const untilDeadline = (machine.nextDeadline - machine.time) / 1e6;
  if (untilDeadline > 1) await keyboard.wait(Math.min(untilDeadline, LONGEST_WAIT));
  const passed = Math.max(1, Math.ceil((performance.now() - before) * 1e6));
  return machine.run({ time: Math.min(machine.nextDeadline, machine.time + passed) });
}

/** Collects what a readable stream brings. */
export function streamKeyboard(stream: NodeJS.ReadableStream): Keyboard {
  let chunks: Uint8Array[] = [];
  let wake: () => void = () => {};
  stream.on('data', (chunk: Buffer) => {
    chunks.push(new Uint8Array(chunk));
    wake();
  });
  return {
    take: () => {
      const typed = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
      chunks = [];
      return typed;
    },
    wait: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (chunks.length > 0) wake();
      }),
  };
}
