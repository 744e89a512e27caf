/**
 * What of the subscriptions can be decided when code is decoded or translated: for an instruction at a place, which of
 * them still come into question. Where the answer is none, no code is emitted.
 */
import type { Instruction } from '../isa/instruction.js';
import { classesOf } from '../isa/opcode-class.js';
import { admitsInstruction, admitsPlace } from './event-filter.js';
import type { EventFunctions, Listener } from './event-functions.js';
import { type EventKind, TRANSLATED } from './event-kinds.js';

/** May it take a branch? */
export const isBranch = ({ row }: Instruction): boolean => classesOf(row).has('branch');

export class CodePlan {
  readonly listeners: readonly Listener[];
  readonly functions: EventFunctions;
  private readonly byKind: ReadonlyMap<EventKind, readonly Listener[]>;
  /** Do instructions themselves need other code (as opposed to a report before them)? */
  readonly changesInstructions: boolean;

  constructor(listeners: readonly Listener[], functions: EventFunctions) {
    this.listeners = listeners;
    this.functions = functions;
    this.byKind = new Map([...TRANSLATED].map((kind) => [kind, listeners.filter((one) => one.kinds.has(kind))]));
    this.changesInstructions = this.wants('block', 'branch', 'read', 'write');
  }

  of(kind: EventKind): readonly Listener[] {
    return this.byKind.get(kind) ?? [];
  }

  wants(...kinds: readonly EventKind[]): boolean {
    return kinds.some((kind) => this.of(kind).length > 0);
  }

  /** Subscriptions to the beginning of this instruction at this physical address. */
  beginning(kind: 'instruction' | 'block', instruction: Instruction, physical: number): readonly Listener[] {
    return this.of(kind).filter(
      ({ condition }) => admitsInstruction(condition, instruction) && admitsPlace(condition, physical),
    );
  }

  /** Subscriptions to what this instruction does. */
  doing(kind: 'branch' | 'read' | 'write', instruction: Instruction): readonly Listener[] {
    if (kind === 'branch' && !isBranch(instruction)) return [];
    return this.of(kind).filter(({ condition }) => admitsInstruction(condition, instruction));
  }

  /** All of `doing` as bits. */
  doingMask(instruction: Instruction): number {
    return maskOf((['branch', 'read', 'write'] as const).flatMap((kind) => this.doing(kind, instruction)));
  }
}

export function maskOf(listeners: readonly Listener[]): number {
  return listeners.reduce((mask, { bit }) => mask | (1 << bit), 0);
}
