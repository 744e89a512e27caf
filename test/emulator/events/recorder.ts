/** Runs one program with subscriptions in both tiers and without any, and says what was seen. */
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import type { Subscription } from '../../../src/emulator/events/event-filter.js';
import { EVENT_KINDS, type EventKind, type MachineEvent } from '../../../src/emulator/events/event-kinds.js';
import { bareProcessor } from '../support/bare-processor.js';
import { digest } from '../support/digest.js';

export type Prepare = (cpu: MemlapseProcessor) => void;

export interface Seen {
  readonly events: readonly MachineEvent[];
  /** Digests of the state at each limit. */
  readonly digests: readonly string[];
  /** [icount, rip] of each stop for an event. */
  readonly stops: readonly (readonly [number, bigint])[];
  readonly cpu: MemlapseProcessor;
}

export const EVERYTHING: Subscription<EventKind> = { kind: EVENT_KINDS };

/** `hot` as in `bareProcessor`. */
export function watch(
  prepare: Prepare,
  limits: readonly number[],
  subscriptions: readonly Subscription<EventKind>[],
  hot?: number,
): Seen {
  const { cpu } = bareProcessor({ ramBytes: 1 << 20, ...(hot !== undefined && { hot }) });
  prepare(cpu);
  const events: MachineEvent[] = [];
  for (const one of subscriptions) cpu.events.subscribe(one, (batch) => void events.push(...batch));
  const digests: string[] = [];
  const stops: (readonly [number, bigint])[] = [];
  for (const limit of limits) {
    while (cpu.run(limit) === 'events') stops.push([cpu.icount, cpu.getRegister('rip')]);
    digests.push(digest(cpu));
  }
  return { events, digests, stops, cpu };
}

/** The interpreter's, the translator's, and the interpreter's without subscriptions. */
export function watchAll(
  prepare: Prepare,
  limits: readonly number[],
  subscriptions: readonly Subscription<EventKind>[],
): { readonly plain: Seen; readonly interpreted: Seen; readonly translated: Seen } {
  return {
    plain: watch(prepare, limits, []),
    interpreted: watch(prepare, limits, subscriptions),
    translated: watch(prepare, limits, subscriptions, 2),
  };
}
