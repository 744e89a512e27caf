/**
 * `memlapse emulate`: boots a guest from files, connects its serial ports, runs it to its end and says how it went.
 *
 * With power-on.ts the only place where the emulator meets host files, standard input and the wall clock. No flags and no
 * text for people here: that is the command's.
 */
import type { Machine } from '../emulator/machine/machine.js';
import type { Outcome } from '../emulator/machine/outcome.js';
import type { Blobs } from './blobs.js';
import { DiskFile } from './disk-file.js';
import type { EmulateOptions, EmulateResult } from './emulate-options.js';
import { type Keyboard, paceHalt } from './keyboard.js';
import { PanicWatch } from './panic-watch.js';
import { load, powerOn } from './power-on.js';
import { parseSerialScript, SerialScript } from './serial-script.js';
import { SerialSink } from './serial-sink.js';

/** Guest time between looks at what ends a run, and at standard input. */
const SLICE = 100_000_000;
const INTERACTIVE_SLICE = 2_000_000;

/** The host's side of the conversation. */
export interface EmulateHost {
  readonly output: (bytes: Uint8Array) => void;
  /** Standard input, when the user types; the guest is then paced to the wall clock while it idles. */
  readonly keyboard?: Keyboard;
  /** Where generated code is kept for the next run with this kernel. */
  readonly blobs?: Blobs;
}

/**
 * Runs a guest until it ends, a limit is reached or its script cannot go on.
 * @throws UserError for files, kernels and settings that cannot work.
 */
export async function emulate(options: EmulateOptions, host: EmulateHost): Promise<EmulateResult> {
  const started = performance.now();
  const disks = (options.disks ?? []).map((path) => new DiskFile(path));
  const sinks = (options.serial ?? ['stdio']).map((target) =>
    target === undefined ? undefined : target === 'stdio' ? new SerialSink(host.output) : SerialSink.file(target.file),
  );
  try {
    const panic = new PanicWatch();
    let script: SerialScript | undefined;
    const listeners = {
      serial: (port: number, byte: number) => {
        sinks[port]?.push(byte);
        if (port !== 0) return;
        script?.printed(byte);
        panic.printed(byte, machine.time);
      },
    };
    const { machine, code, protocol } = await powerOn(options, { disks, listeners, blobs: host.blobs });
    const type = (bytes: Uint8Array): void => void machine.input.offer({ kind: 'serial', port: 0, bytes });
    if (options.script !== undefined) {
      const source = new TextDecoder().decode(load(options.script, 'script'));
      script = new SerialScript(parseSerialScript(source), type);
    }
    const running = performance.now();
    const outcome = await runToEnd(machine, options, host, {
      type,
      flush: () => {
        for (const sink of sinks) sink?.flush();
      },
      panicAt: () => panic.over,
    });
    const seconds = (performance.now() - running) / 1000;
    code?.save();
    const { jitStatistics } = machine.processor;
    const translated = (jitStatistics?.retired ?? 0) / Math.max(machine.icount, 1);
    const ended: EmulateResult['outcome'] = panic.panicked
      ? { kind: 'panic' }
      : script?.waitingFor !== undefined && outcome.kind !== 'reached'
        ? { kind: 'script', waitingFor: script.waitingFor.text }
        : outcome;
    return {
      outcome: ended,
      exitCode: isSuccess(ended) ? 0 : 1,
      protocol,
      statistics: {
        instructions: machine.icount,
        guestSeconds: machine.time / 1e9,
        seconds,
        loadSeconds: (running - started) / 1000,
        mips: machine.icount / 1e6 / seconds,
        shares: { interpreter: 1 - translated, translator: translated },
        peakRssBytes: process.resourceUsage().maxRSS * 1024,
        ...(jitStatistics && { jit: jitStatistics }),
      },
      ...(options.stateHash && { stateHash: machine.stateHash() }),
    };
  } finally {
    for (const sink of sinks) sink?.close();
    for (const disk of disks) disk.close();
  }
}

function isSuccess(outcome: EmulateResult['outcome']): boolean {
  if (outcome.kind === 'exit') return outcome.code === 0;
  return (
    outcome.kind === 'power-off' || outcome.kind === 'halted' || outcome.kind === 'reset' || outcome.kind === 'reached'
  );
}

/** The first serial port as the run sees it. */
interface Console {
  readonly type: (bytes: Uint8Array) => void;
  readonly flush: () => void;
  /** When a panicked kernel shall be stopped, in guest time. */
  readonly panicAt: () => number;
}

/** Runs in slices, between which typed bytes enter and idle time is slept; without a keyboard, time is not paced. */
async function runToEnd(
  machine: Machine,
  options: EmulateOptions,
  host: EmulateHost,
  { type, flush, panicAt }: Console,
): Promise<Outcome> {
  const limit = options.icountLimit === undefined ? {} : { icount: options.icountLimit };
  const { keyboard } = host;
  const slice = keyboard === undefined ? SLICE : INTERACTIVE_SLICE;
  for (;;) {
    const outcome = machine.run({ ...limit, time: machine.time + slice, halt: keyboard !== undefined });
    if (outcome.kind !== 'reached' || outcome.condition === 'icount' || machine.time >= panicAt()) return outcome;
    if (keyboard === undefined) continue;
    // Prompts end in no new line.
    flush();
    if (outcome.condition === 'halt') {
      const paced = await paceHalt(machine, keyboard);
      if (paced.kind !== 'reached') return paced;
    } else await new Promise((resolve) => setImmediate(resolve));
    const typed = keyboard.take();
    if (typed.length > 0) type(typed);
  }
}
