/**
 * /proc/PID/stat and /proc/PID/task/TID/stat: one line of 52 fields. Field order and meaning: proc(5).
 */

/** Fields 3 to 52 in order; 'wide' ones can exceed 2^53 and come as bigint. */
const statFields = [
  ['state', 'text'],
  ['ppid', 'number'],
  ['pgrp', 'number'],
  ['session', 'number'],
  ['ttyNumber', 'number'],
  ['foregroundGroup', 'number'],
  ['flags', 'number'],
  ['minorFaults', 'number'],
  ['childMinorFaults', 'number'],
  ['majorFaults', 'number'],
  ['childMajorFaults', 'number'],
  ['userTicks', 'number'],
  ['systemTicks', 'number'],
  ['childUserTicks', 'number'],
  ['childSystemTicks', 'number'],
  ['priority', 'number'],
  ['nice', 'number'],
  ['threads', 'number'],
  ['intervalTimer', 'number'],
  ['startTicks', 'number'],
  ['virtualSize', 'wide'],
  ['residentPages', 'number'],
  ['residentLimit', 'wide'],
  ['startCode', 'wide'],
  ['endCode', 'wide'],
  ['startStack', 'wide'],
  ['stackPointer', 'wide'],
  ['instructionPointer', 'wide'],
  ['pendingSignals', 'wide'],
  ['blockedSignals', 'wide'],
  ['ignoredSignals', 'wide'],
  ['caughtSignals', 'wide'],
  ['waitChannel', 'wide'],
  ['swappedPages', 'number'],
  ['childSwappedPages', 'number'],
  ['exitSignal', 'number'],
  ['processor', 'number'],
  ['realtimePriority', 'number'],
  ['policy', 'number'],
  ['blockIoTicks', 'number'],
  ['guestTicks', 'number'],
  ['childGuestTicks', 'number'],
  ['startData', 'wide'],
  ['endData', 'wide'],
  ['startBrk', 'wide'],
  ['argStart', 'wide'],
  ['argEnd', 'wide'],
  ['envStart', 'wide'],
  ['envEnd', 'wide'],
  ['exitCode', 'number'],
] as const;

interface Values {
  text: string;
  number: number;
  wide: bigint;
}

type StatField = (typeof statFields)[number];

/** Times are in clock ticks of 1/100 s (USER_HZ); startTicks counts from boot, in the root time namespace. */
export type ProcessStat = { readonly pid: number; readonly comm: string } & {
  readonly [Field in StatField as Field[0]]: Values[Field[1]];
};

const convert: { readonly [Kind in keyof Values]: (text: string) => Values[Kind] } = {
  text: (text) => text,
  number: Number,
  wide: BigInt,
};

/** Parses a stat line. The name stands in parentheses and may itself hold spaces and parentheses. */
export function parseProcessStat(lines: readonly string[]): ProcessStat {
  const line = lines[0] ?? '';
  const shape = /^(\d+) \((.*)\) (.*)$/.exec(line);
  const values = shape?.[3]?.split(' ') ?? [];
  if (shape === null || values.length !== statFields.length) throw new Error(`ground truth: unexpected stat "${line}"`);
  const fields = statFields.map(([name, kind], index) => [name, convert[kind](values[index]!)]);
  return { pid: Number(shape[1]), comm: shape[2]!, ...Object.fromEntries(fields) } as ProcessStat;
}
