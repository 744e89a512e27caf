/**
 * What every device has in common, and what devices are given: lines, time, guest memory. A device sees offsets into
 * its windows, never addresses, and no other device.
 */
import type { FieldTable, StateOf, StateSchema } from './state/state-schema.js';

/** Sizes of one access in bytes. 8-byte accesses arrive as two of 4. */
export type AccessSize = 1 | 2 | 4;

/**
 * A run of ports or of physical addresses that a device answers. `offset` counts from the window's start and
 * `offset + size` never exceeds its length. Values are unsigned.
 */
export interface Window {
  /** The widest access that the device takes; wider ones reach it in pieces, low part first. */
  readonly width: AccessSize;
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
}

/** A wire into an interrupt controller or to the processor. */
export interface Line {
  set(level: boolean): void;
}

/** One deadline of one device. When it is reached the timer is off, and its callback may set it again. */
export interface Timer {
  /** Guest time in nanoseconds when it fires, Infinity when it is off. */
  readonly at: number;
  /** Fires at `at`, or as soon as the processor is between two instructions when that has passed. */
  set(at: number): void;
}

/** Guest time in whole nanoseconds since power-on. */
export interface Clock {
  readonly now: number;
  /** `name` is unique within the machine and part of the saved state. */
  timer(name: string, callback: () => void): Timer;
}

/** Guest RAM as a bus master sees it. An access outside RAM reads ones or does nothing, and says so by `false`. */
export interface GuestMemory {
  readonly length: number;
  read(address: number, target: Uint8Array): boolean;
  write(address: number, source: Uint8Array): boolean;
}

/** What the machine needs of a device to save, restore, hash and reset it. */
export interface Device<T extends FieldTable = FieldTable> {
  /** Unique within the machine; names the device's part of a saved state. */
  readonly name: string;
  readonly schema: StateSchema<T>;
  readonly state: StateOf<T>;
  /** Hardware reset: what the RESET line does, not a power cycle. */
  reset(): void;
  /** After the state was replaced: drive output lines and drop caches that follow from it. */
  restored?(): void;
}
