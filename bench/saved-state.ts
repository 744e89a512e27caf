/** What it costs to take a machine's whole state, and to take what has changed since. */
import { readFileSync } from 'node:fs';
import { planBoot } from '../src/emulator/machine/boot/plan-boot.js';
import { Machine } from '../src/emulator/machine/machine.js';
import { loadKernelDecompressors } from '../src/emulator-host/kernel-decompressors.js';
import type { GuestFiles } from './emulators.js';

export interface Saving {
  readonly what: string;
  readonly seconds: number;
  readonly pages: number;
}

const PAGE = 4096;
const RUNS = 5;
/** Guest time at which the guest waits at its shell, and between two saves. */
const BOOTED = 3e9;
const BETWEEN = 1e8;

export async function measureSaving({ kernel, initrd, boot }: GuestFiles): Promise<Saving[]> {
  const machine = new Machine({ ramBytes: 256 * 2 ** 20 }, {});
  const files = { kernel: readFileSync(kernel), initrd: readFileSync(initrd) };
  const place = { commandLine: 'console=ttyS0 panic=-1 shell', ramBytes: machine.ramBytes, rsdp: machine.rsdp };
  machine.boot(planBoot({ ...files, ...place }, await loadKernelDecompressors(), boot));
  machine.run({ time: BOOTED });
  const { ram } = machine.processor;
  const full = middle(() => {
    const copy = new Uint8Array(ram.length);
    copy.set(ram);
    machine.saveState();
    return ram.length / PAGE;
  });
  machine.takeDirtyPages();
  const changed = middle(
    () => {
      const frames = machine.takeDirtyPages();
      const copy = new Uint8Array(frames.length * PAGE);
      frames.forEach((frame, i) => {
        copy.set(ram.subarray(frame * PAGE, (frame + 1) * PAGE), i * PAGE);
      });
      machine.saveState();
      return frames.length;
    },
    () => void machine.run({ time: machine.time + BETWEEN }),
  );
  return [
    { what: 'state and all of RAM', ...full },
    { what: 'state and pages written in 100 ms', ...changed },
  ];
}

/** The median of several runs. */
function middle(save: () => number, before: () => void = () => {}): { seconds: number; pages: number } {
  const runs = Array.from({ length: RUNS }, () => {
    before();
    const start = performance.now();
    const pages = save();
    return { seconds: (performance.now() - start) / 1000, pages };
  });
  return runs.toSorted((a, b) => a.seconds - b.seconds)[RUNS >> 1] as { seconds: number; pages: number };
}
