/**
 * Gives V8's threads, which optimize what the emulator generates, less of the processors than the thread that runs the
 * guest. Where there are fewer processors than threads they would otherwise take it from the guest; a boot on two processors
 * took a fifth longer.
 */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

const LOWER = 10;
/** Work that can wait, and must not take a processor from the compilers either. */
const LOWEST = 19;
let done = false;

/** Linux alone has priorities of threads that anybody may lower; elsewhere, and where it is refused, nothing happens. */
export function yieldToGuest(): void {
  if (done || process.platform !== 'linux') return;
  done = true;
  for (const name of threads()) {
    const thread = Number(name);
    if (thread === process.pid) continue;
    try {
      setPriority(thread, LOWER);
    } catch (error) {
      // It has ended, or the system does not allow it.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
    }
  }
}

/** How often to look, and how much processor time meanwhile is none, in milliseconds. */
const LOOK = 20;
const NONE = 4;

/**
 * Waits until V8's threads have optimized what they were asked to, `most` milliseconds at most: V8 hands over what it has
 * optimized in batches, the last one when nothing is left to do, and only then it can be kept.
 */
export function awaitCompilers(most: number): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + most;
  for (let busy = true; busy && performance.now() < end; ) {
    const before = process.cpuUsage();
    Atomics.wait(clock, 0, 0, LOOK);
    const { user, system } = process.cpuUsage(before);
    busy = (user + system) / 1000 > NONE;
  }
}

/** The calling thread, one that works beside the guest, gets what is left. */
export function yieldThisThread(): void {
  if (process.platform === 'linux') setPriority(LOWEST);
}

function threads(): string[] {
  try {
    return readdirSync('/proc/self/task');
  } catch {
    return [];
  }
}
