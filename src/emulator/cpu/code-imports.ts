/**
 * What generated code imports of the host: memory, misses of the TLB, faults, helpers, events. One table for handlers and
 * regions, so that a name means the same in both. The processor hands in how its code is left.
 */
import type { Imports } from '../codegen/with-imports.js';
import { createMissFunctions } from '../interpreter/dispatcher.js';
import { unitOfTrap } from '../isa/units.js';
import { bulkFill, bulkMove } from '../mmu/bulk.js';
import type { ProcessorCore } from './core.js';
import { divide128 } from './divide128.js';
import { GuestException } from './exceptions.js';
import { checkAccess } from './segments.js';
import { SEGMENT_BYTES, segmentAddress } from './state-layout.js';

/** Ways to leave generated code; `record` is the record of the instruction that leaves. Those with a result give an exit code. */
export interface CodeLeaves {
  /** With an exception of the instruction, which then has not begun. */
  readonly before: (exception: GuestException, record: number) => void;
  /** Because of events, before the instruction, which may have been reported as begun. */
  readonly forEvents: (record: number, begun: boolean) => number;
  /** So that the host executes the instruction alone. */
  readonly toStep: (record: number) => number;
  readonly callHelper: (helper: number, record: number) => number;
}

export function codeImports(core: ProcessorCore, leaves: CodeLeaves): Imports {
  const { state, memory, slow } = core;
  /** May a repeated string instruction go on without looks at each access? */
  const takesBulk = (bytes: number, reads: boolean): boolean =>
    slow.watch === undefined && !core.events.wantsBulk(bytes, reads);
  return {
    memory: state.memory,
    ...createMissFunctions(state.memory, { slowAddress: slow.address, slowStore: slow.store }),
    slowCommit: slow.commit,
    segmentCheck: (address: number, access: number, record: number) => {
      const segment = (address - segmentAddress(0)) / SEGMENT_BYTES;
      const fault = checkAccess(state, segment, state.argument(0), access & 0xff, (access & 0x100) !== 0);
      if (fault !== undefined && record !== 0) leaves.before(fault, record);
      return fault === undefined ? 1 : 0;
    },
    raise: (vector: number, errorCode: number, record: number) => {
      const actual = vector >= 0 ? vector : state.get(`${unitOfTrap(vector)}Trap`);
      leaves.before(new GuestException(actual, errorCode), record);
    },
    host: leaves.callHelper,
    divide128: (signed: number) => divide128(state, signed !== 0),
    eventsFull: (record: number) => leaves.forEvents(record, core.events.isBegun(record)),
    eventStopBefore: (record: number) => leaves.forEvents(record, true),
    eventStep: leaves.toStep,
    bulkMove: (size: number, count: number) =>
      takesBulk(size * count, true) ? bulkMove(state, memory.tlb, size, count) : 0,
    bulkFill: (size: number, count: number) =>
      takesBulk(size * count, false) ? bulkFill(state, memory.tlb, size, count) : 0,
  };
}
