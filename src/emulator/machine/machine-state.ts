/**
 * A machine's complete state as plain data: processor, time, every device by name, and RAM apart. What a snapshot
 * stores and a restore takes.
 */
import type { SavedProcessor } from '../cpu/processor.js';
import type { SavedState } from '../devices/state/saved-state.js';

export const MACHINE_STATE_SCHEMA = 'memlapse-machine';
export const MACHINE_STATE_VERSION = 1;

/** Everything but RAM. */
export interface MachineState {
  readonly schema: typeof MACHINE_STATE_SCHEMA;
  readonly version: typeof MACHINE_STATE_VERSION;
  readonly ramBytes: number;
  readonly model: string;
  readonly processor: SavedProcessor;
  readonly timeline: SavedState;
  readonly devices: Readonly<Record<string, SavedState>>;
}
