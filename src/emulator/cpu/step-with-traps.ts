/**
 * One instruction with all that can be asked of it: its breakpoints before, its accesses watched, and the debug traps
 * at its end. Everything else of the run loop is in core.ts.
 */
import { AC, RF, TF } from '../isa/eflags.js';
import { TLB_SUPERVISOR } from '../mmu/tlb-layout.js';
import type { ProcessorCore } from './core.js';
import { GuestException, VECTOR } from './exceptions.js';
import { EMPTY_TLB_BASE } from './memory-map.js';
import { stateAddress } from './state-layout.js';

const EFLAGS = stateAddress('eflags') >> 2;

/** Delivers the debug traps of the last instruction; false when there are none. `shadowed`: it holds events off. */
export function deliverTraps(core: ProcessorCore, shadowed: boolean): boolean {
  const conditions = core.debug.takeTraps(shadowed);
  if (conditions === 0) return false;
  core.deliver(new GuestException(VECTOR.debug, 0, undefined, conditions));
  return true;
}

/** Must the next instruction run by `stepWithTraps`? */
export function needsTraps({ state, debug }: ProcessorCore): boolean {
  const eflags = state.i32[EFLAGS] as number;
  return (eflags & (TF | RF)) !== 0 || debug.isWatching(eflags);
}

/** `begun`: as for `step`. */
export function stepWithTraps(core: ProcessorCore, begun: boolean): void {
  const { state, debug, slow, delivery } = core;
  const eflags = state.i32[EFLAGS] as number;
  const watching = debug.isWatching(eflags);
  // RF holds for this instruction alone; if it faults, the handler's frame has RF again.
  state.i32[EFLAGS] = eflags & ~RF;
  if (watching && (eflags & RF) === 0) {
    const conditions = debug.atInstruction(core.blocks.linearAddress);
    if (conditions !== 0) {
      core.deliver(new GuestException(VECTOR.debug, 0, undefined, conditions));
      return;
    }
  }
  const before = core.icount;
  const { softwareCount } = delivery;
  debug.beginInstruction();
  if (watching) {
    const aligned = (eflags & AC) !== 0 && debug.checksAlignment;
    slow.watch = { note: (linear, bytes, write) => debug.noteAccess(linear, bytes, write), aligned };
    state.set('tlbOffset', EMPTY_TLB_BASE - TLB_SUPERVISOR);
  }
  core.step(begun);
  slow.watch = undefined;
  if (core.icount === before || state.get('shutdown') !== 0) return;
  // A software interrupt has cleared TF on its way to the handler, and with it the trap (SDM volume 3, 18.3.1.4).
  debug.endInstruction((eflags & TF) !== 0 && delivery.softwareCount === softwareCount);
}
