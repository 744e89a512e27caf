/** Repeated MOVS and STOS in one go bypass what reports accesses: whether a subscription can want one of them. */
import type { CpuState } from '../cpu/cpu-state.js';
import type { CodePlan } from './code-plan.js';
import { ROOT_MASK } from './event-filter.js';
import type { Listener } from './event-functions.js';

function wants({ condition }: Listener, state: CpuState, start: bigint, bytes: bigint): boolean {
  const { ranges, ring, addressSpace } = condition;
  if (ring !== undefined && ring !== state.cpl) return false;
  if (addressSpace !== undefined && addressSpace !== (state.getWide('cr3') & ROOT_MASK)) return false;
  return ranges?.some((range) => start < range.start + range.length && start + bytes > range.start) ?? true;
}

/** `argument0` is where is written, `argument1` (when `reads`) where is read; upwards, linear addresses. */
export function wantsBulk(state: CpuState, plan: CodePlan, bytes: number, reads: boolean): boolean {
  const length = BigInt(bytes);
  const touches = (kind: 'read' | 'write', argument: number): boolean =>
    plan.of(kind).some((one) => wants(one, state, state.argument(argument), length));
  return touches('write', 0) || (reads && touches('read', 1));
}
