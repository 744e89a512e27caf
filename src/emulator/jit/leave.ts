/**
 * Leaving a region before an instruction, as data: the region only notes the number of the place, and the host brings
 * RIP, the instruction count and the flags to what they were. That keeps the many cold exits of a region tiny.
 */
import { OpBuilder } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';
import { WasmModule } from '../codegen/wasm-module.js';
import type { CpuState } from '../cpu/cpu-state.js';
import { stateAddress } from '../cpu/state-layout.js';
import type { PendingFlags } from '../isa/conditions.js';
import { type FlagKind, flagKinds } from '../isa/flag-kinds.js';

export interface Leave {
  /** RIP of the instruction relative to the region's origin. */
  readonly delta: number;
  /** Instructions of the block that were counted but not executed. */
  readonly left: number;
  /** The operation that the flags still follow from; its operands are constants or in the slots. */
  readonly pending: PendingFlags | undefined;
}

/** State address of flag operand `slot` (0 left, 1 right, 2 result) of the given type. */
export function flagSlotAddress(slot: number, type: 'i32' | 'i64'): number {
  return stateAddress('leaveSlots') + slot * 16 + (type === 'i64' ? 0 : 8);
}

const SIZES = [1, 2, 4, 8] as const;

/** Computes the flag words from the slots, one function a kind and size. */
export type FlagFunctions = (kind: FlagKind, size: number) => void;

/** Generated from the same table as everything else about flags. Operands are read as the types they have in a region. */
export function createFlagFunctions(memory: WebAssembly.Memory): FlagFunctions {
  const module = new WasmModule();
  for (const kind of Object.keys(flagKinds) as FlagKind[]) {
    for (const size of SIZES) {
      const b = new OpBuilder(module, []);
      const type = size === 8 ? 'i64' : 'i32';
      const operand = (slot: number, as: 'i32' | 'i64'): Value =>
        b.let(b.loadMemory(as, as === 'i64' ? 8 : 4, b.i32(0), flagSlotAddress(slot, as)));
      const carriesOld = kind === 'inc' || kind === 'dec';
      const left = operand(0, kind === 'mul' ? 'i32' : type);
      const right = operand(1, carriesOld ? 'i32' : type);
      const result = operand(2, type);
      const extra = b.let(flagKinds[kind].extra(b, size, left, right, result));
      b.storeMemory(8, b.i32(0), stateAddress('flagsResult'), b.signExtend(b.widen(result), size));
      b.storeMemory(8, b.i32(0), stateAddress('flagsExtra'), extra);
      b.finish(`${kind}${size}`, []);
    }
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } });
  return (kind, size) => (exports[`${kind}${size}`] as () => void)();
}

/** Completes the state after `EXIT.leave`. */
export function completeLeave(state: CpuState, leave: Leave, flags: FlagFunctions): void {
  const code = state.get('modeKey') & 3;
  const width = code === 2 ? 64 : code === 1 ? 32 : 16;
  state.setWide('rip', BigInt.asUintN(width, state.getWide('regionBase') + BigInt(leave.delta)));
  state.set('remaining', state.get('remaining') + leave.left);
  const { pending } = leave;
  if (pending === undefined) return;
  [pending.left, pending.right, pending.result].forEach((value, slot) => {
    if (!value.isConst) return;
    if (value.type === 'i64') state.i64[flagSlotAddress(slot, 'i64') >> 3] = BigInt(value.imm);
    else state.i32[flagSlotAddress(slot, 'i32') >> 2] = Number(value.imm);
  });
  flags(pending.kind, pending.size);
}
