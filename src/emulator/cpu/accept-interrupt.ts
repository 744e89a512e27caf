/** Interrupts that wait, between two instructions: NMI first, then the interrupt line (SDM volume 3, table 6-2). */
import { IF } from '../isa/eflags.js';
import type { ProcessorCore } from './core.js';
import { VECTOR } from './exceptions.js';
import { stateAddress } from './state-layout.js';

const INTERRUPT_LINE = stateAddress('interruptLine') >> 2;
const NMI_PENDING = stateAddress('nmiPending') >> 2;
const NMI_BLOCKED = stateAddress('nmiBlocked') >> 2;
const EFLAGS = stateAddress('eflags') >> 2;

/** True when one was delivered: RIP is at its handler. */
export function acceptInterrupt(core: ProcessorCore): boolean {
  const { state } = core;
  if (state.i32[NMI_PENDING] !== 0 && state.i32[NMI_BLOCKED] === 0) {
    state.set('nmiPending', 0);
    state.set('nmiBlocked', 1);
    core.shutdownUnless(core.delivery.interrupt(VECTOR.nmi));
    return true;
  }
  if (state.i32[INTERRUPT_LINE] === 0 || (state.i32[EFLAGS]! & IF) === 0) return false;
  const vector = core.bus.acknowledgeInterrupt();
  if (vector < 0) return false;
  core.shutdownUnless(core.delivery.interrupt(vector));
  return true;
}
