/** Flags of `live run` and `live start`, and what they mean as a schedule. */
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { UsageError } from '../core/errors.js';
import { GUEST_EVENTS, type GuestEvent, type GuestEventName } from '../live/events/guest-events.js';
import { SPEEDS } from '../live/guest-run.js';
import type { ClockName, EventRow, Schedule, TimedRow } from '../live/schedule.js';
import { parseInterval, parseTime } from './quantities.js';
import { SNAPSHOT_FLAGS } from './snapshot-flags.js';

const SCHEDULE = { helpGroup: 'SCHEDULE', multiple: true } as const;
const EVENT_NAMES = Object.entries(GUEST_EVENTS as Record<string, GuestEvent>)
  .map(([name, { argument }]) => (argument === undefined ? name : `${name}:${argument}`))
  .join(', ');

/** What is said when no schedule is. */
export const DEFAULT_EVERY = '1s';

export const GUEST_ARG = Args.string({ description: 'Guest file, or the name of a guest that guest list shows' });

export const LIVE_FLAGS = {
  ...SNAPSHOT_FLAGS,
  from: Flags.string({
    description: 'Run on from this snapshot instead of booting a guest',
    helpValue: 'NAME@7',
  }),
  name: Flags.string({
    char: 'n',
    description: 'Name of the run and of its series (default: that of the guest, or NAME.7 with --from NAME@7)',
    helpValue: '<series>',
  }),
  replace: Flags.boolean({ description: 'Remove what the series holds already' }),
  for: Flags.string({
    description: 'Guest time, or instructions, after which the run ends',
    helpValue: '60s|100Mi',
  }),
  speed: Flags.option({
    options: SPEEDS,
    description: 'As fast as it goes, or not ahead of the clock on the wall',
  })(),
  script: Flags.string({
    description: 'Lines of `expect TEXT` and `send TEXT` for the first serial port',
    helpValue: '<file>',
  }),
  every: Flags.string({
    ...SCHEDULE,
    description: `Guest time or instructions between snapshots (default: ${DEFAULT_EVERY} when nothing else is said)`,
    helpValue: '2s|100Mi',
  }),
  at: Flags.string({
    ...SCHEDULE,
    delimiter: ',',
    description: 'Guest times, or instruction counts, since power-on',
    helpValue: '5s,12.5s',
  }),
  wall: Flags.string({ ...SCHEDULE, description: 'Time on the wall between snapshots', helpValue: '30s' }),
  on: Flags.string({ ...SCHEDULE, description: `What the guest does: ${EVENT_NAMES}`, helpValue: '<event>' }),
  keep: Flags.integer({
    min: 1,
    description: 'Of the snapshots of this run, only so many of the newest stay (and those with a tag)',
    helpValue: '100',
    helpGroup: 'RETENTION',
  }),
  'keep-every': Flags.integer({
    min: 1,
    dependsOn: ['keep'],
    description: 'Of the older ones, each so-many-th stays too',
    helpValue: '10',
    helpGroup: 'RETENTION',
  }),
  quiet: Flags.boolean({ char: 'q', description: 'Nothing of the guest and no remarks on stderr' }),
};

export interface ScheduleFlags {
  readonly every?: readonly string[] | undefined;
  readonly at?: readonly string[] | undefined;
  readonly wall?: readonly string[] | undefined;
  readonly on?: readonly string[] | undefined;
  readonly for?: string | undefined;
  readonly keep?: number | undefined;
  readonly 'keep-every'?: number | undefined;
}

/** @throws UsageError for what is no time, no number of instructions or no event */
export function scheduleOf(flags: ScheduleFlags): Schedule {
  const { at = [], wall = [], on = [] } = flags;
  const unsaid = flags.every === undefined && at.length + wall.length + on.length === 0;
  const every = flags.every ?? (unsaid ? [DEFAULT_EVERY] : []);
  return {
    timed: [
      ...every.map((text): TimedRow => {
        const { clock, value } = pointOf(text);
        return { label: `every ${text}`, clock, every: value };
      }),
      ...at.map((text): TimedRow => {
        const { clock, value } = pointOf(text);
        return { label: `at ${text}`, clock, at: [value] };
      }),
      ...wall.map((text): TimedRow => ({ label: `wall ${text}`, clock: 'wall', every: parseTime(text) / 1e6 })),
    ],
    events: on.map(eventOf),
    ...(flags.for === undefined ? {} : { end: endOf(flags.for) }),
    keep: flags.keep,
    keepEvery: flags['keep-every'],
  };
}

function pointOf(text: string): { readonly clock: ClockName; readonly value: number } {
  const interval = parseInterval(text.trim());
  return 'everyTime' in interval
    ? { clock: 'time', value: interval.everyTime }
    : { clock: 'icount', value: interval.everyInstructions };
}

function endOf(text: string): NonNullable<Schedule['end']> {
  const { clock, value } = pointOf(text);
  return { clock, after: value };
}

function eventOf(text: string): EventRow {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const argument = colon < 0 ? '' : text.slice(colon + 1);
  if (!Object.hasOwn(GUEST_EVENTS, name)) {
    throw new UsageError(`there is no event '${name}'`, `there are ${EVENT_NAMES}`);
  }
  const { argument: wanted } = (GUEST_EVENTS as Record<string, GuestEvent>)[name] as GuestEvent;
  if ((wanted === undefined) !== (argument === '')) {
    throw new UsageError(
      `the event ${name} takes ${wanted === undefined ? 'nothing' : `a ${wanted}`} behind a colon`,
      `write --on ${name}${wanted === undefined ? '' : `:${wanted}`}`,
    );
  }
  return { label: `on ${text}`, event: name as GuestEventName, argument };
}
