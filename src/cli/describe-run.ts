/** How a run of the emulator ended, in lines for people. */
import type { EmulateResult } from '../emulator-host/emulate-options.js';

/** The lines: how it ended, its digest where one was asked for, and with `details` its figures. */
export function describeRun({ outcome, protocol, statistics, stateHash }: EmulateResult, details: boolean): string[] {
  const what = 'waitingFor' in outcome ? `the script still waited for '${outcome.waitingFor}'` : outcome.kind;
  const lines = [`memlapse: the run ended: ${what}`];
  if (stateHash !== undefined) lines.push(`memlapse: state ${stateHash}`);
  if (!details) return lines;
  const { instructions, guestSeconds, seconds, mips, peakRssBytes, shares, jit } = statistics;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  lines.push(
    `memlapse: booted by ${protocol}; ${instructions} instructions in ${seconds.toFixed(2)} s, ${mips.toFixed(0)} million a second`,
    `memlapse: ${guestSeconds.toFixed(2)} s of guest time; at most ${Math.round(peakRssBytes / 2 ** 20)} MiB of memory`,
    `memlapse: interpreted ${percent(shares.interpreter)}, translated ${percent(shares.translator)} of the instructions`,
  );
  for (const [name, value] of Object.entries(jit ?? {})) lines.push(`memlapse: translator, ${name}: ${value}`);
  return lines;
}
