/**
 * Single facts: uptime, clock, and where the kernel keeps its VMCOREINFO.
 */
import { matchLine } from './match-line.js';

/** Seconds since boot when it was printed, about a second before the stop. */
export function parseUptime(lines: readonly string[]): number {
  return Number(matchLine(lines[0] ?? '', /^(?<seconds>[\d.]+) [\d.]+$/, 'seconds').seconds);
}

/** Wall clock of the guest, printed right after the uptime, in whole seconds. */
export function parseClock(lines: readonly string[]): Date {
  const { seconds } = matchLine(lines[0] ?? '', /^(?<seconds>\d+) \d{4}-\d\d-\d\d [\d:]+$/, 'seconds');
  return new Date(Number(seconds) * 1000);
}

export interface VmcoreinfoNote {
  readonly physicalAddress: bigint;
  /** Of the whole ELF note, in bytes; /sys/kernel/vmcoreinfo prints it in hexadecimal. */
  readonly size: number;
}

export function parseVmcoreinfoNote(lines: readonly string[]): VmcoreinfoNote {
  const shape = /^(?<address>0x[0-9a-f]+) (?<size>[0-9a-f]+)$/;
  const row = matchLine(lines[0] ?? '', shape, 'address', 'size');
  return { physicalAddress: BigInt(row.address), size: Number.parseInt(row.size, 16) };
}
