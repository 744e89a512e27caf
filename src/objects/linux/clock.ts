/**
 * The guest's clocks: when it booted, what time it was at the dump.
 *
 * Source: kernel/time/timekeeping.c: `struct timekeeper` in `tk_core` (or `shadow_timekeeper`); wall time =
 * monotonic time + offs_real, boot-based time = monotonic + offs_boot.
 */
import type { LinuxKernel } from './kernel.js';

const NS_PER_SECOND = 1_000_000_000n;
const MEMO = Symbol('boot time');

/** The moment of boot in nanoseconds since 1970 UTC, as the guest's clock had it; undefined when unreadable. */
export function bootTime(kernel: LinuxKernel): bigint | undefined {
  return kernel.memo(MEMO, () => {
    const timekeeper = timekeeperOf(kernel);
    const real = timekeeper?.big('offs_real');
    const boot = timekeeper?.big('offs_boot');
    return real === undefined || boot === undefined ? undefined : real - boot;
  });
}

/** The guest's wall-clock time when its timekeeper last ran (a tick before the dump at most). */
export function wallTime(kernel: LinuxKernel): bigint | undefined {
  const timekeeper = timekeeperOf(kernel);
  const seconds = timekeeper?.big('xtime_sec');
  const shifted = timekeeper?.big('tkr_mono.xtime_nsec');
  const shift = timekeeper?.num('tkr_mono.shift');
  if (seconds === undefined || shifted === undefined || shift === undefined) return undefined;
  return seconds * NS_PER_SECOND + (shifted >> BigInt(shift));
}

function timekeeperOf(kernel: LinuxKernel) {
  const core = kernel.address('tk_core');
  if (core !== undefined) {
    // { seqcount; timekeeper } without a type name of its own until 6.13. The four bytes of the count are followed by the
    // timekeeper's 64-bit members, which need 8-byte alignment on amd64 and 4 on i386.
    return kernel.struct('timekeeper', core + BigInt(kernel.space.pointerSize));
  }
  const shadow = kernel.address('shadow_timekeeper');
  return shadow === undefined ? undefined : kernel.struct('timekeeper', shadow);
}
