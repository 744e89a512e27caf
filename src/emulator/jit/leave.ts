/**
 * Leaving a region before an instruction, as data: the region only notes the number of the place, and the host brings
 * RIP, the instruction count and the flags to what they were. That keeps the many cold exits of a region tiny. Plain
 * data, because kept regions (kept-region.ts) outlive the process.
 */
import { type Label, OpBuilder } from '../codegen/op-builder.js';
import { OP, type Value } from '../codegen/value.js';
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
  /** What the flags still follow from: the operation of this flag code; CARRIED for the one in the field `flagCode`. */
  readonly flags: number;
  /** Operands of it that are constants, the others lie in the slots: pairs of a word's index in the state and its value. */
  readonly constants?: readonly number[];
  /** The instruction itself was begun: whoever executes it now must not report its beginning again. */
  readonly begun?: true;
}

/** The places of a region, asked for when one is left: kept ones are read from their store only then. */
export type Leaves = () => readonly Leave[];

/** For `Leave.flags`. */
export const CARRIED = -1;

/** Where instructions that regions retired are counted. */
export const TRANSLATED = stateAddress('translated');

/** State address of flag operand `slot` (0 left, 1 right, 2 result) of the given type. */
export function flagSlotAddress(slot: number, type: 'i32' | 'i64'): number {
  return stateAddress('leaveSlots') + slot * 16 + (type === 'i64' ? 0 : 8);
}

const SIZES = [1, 2, 4, 8] as const;

const KINDS = Object.keys(flagKinds) as FlagKind[];

/** A kind and size as one number above 0; 0 stands for flags at rest. */
export function flagCode(kind: FlagKind, size: number): number {
  return KINDS.indexOf(kind) * SIZES.length + Math.log2(size) + 1;
}

/** The types in which the three operands of a kind and size lie in the slots. */
export function slotTypes(kind: FlagKind, size: number): readonly ['i32' | 'i64', 'i32' | 'i64', 'i32' | 'i64'] {
  const type = size === 8 ? 'i64' : 'i32';
  return [kind === 'mul' ? 'i32' : type, kind === 'inc' || kind === 'dec' ? 'i32' : type, type];
}

/**
 * `restFlags(code)`: computes the flag words in the state from the slots in the state, by flag code. Generated from the
 * same table as everything else about flags.
 */
export function createRestFlags(memory: WebAssembly.Memory): (code: number) => void {
  const module = new WasmModule();
  const b = new OpBuilder(module, ['i32']);
  const end = b.open(OP.block);
  const cases = KINDS.flatMap((kind) => SIZES.map((size) => ({ kind, size })));
  const labels: Label[] = cases.map(() => b.open(OP.block));
  b.branchTable(b.sub(b.get({ type: 'i32', index: 0 }), b.i32(1)), [...labels].reverse().concat(end));
  for (const { kind, size } of cases) {
    b.close();
    const [left, right, result] = slotTypes(kind, size).map((type, slot) =>
      b.let(b.loadMemory(type, type === 'i64' ? 8 : 4, b.i32(0), flagSlotAddress(slot, type))),
    ) as [Value, Value, Value];
    const extra = b.let(flagKinds[kind].extra(b, size, left, right, result));
    b.storeMemory(8, b.i32(0), stateAddress('flagsResult'), b.signExtend(b.widen(result), size));
    b.storeMemory(8, b.i32(0), stateAddress('flagsExtra'), extra);
    b.branch(end);
    b.releaseTemps();
  }
  b.close();
  b.finish('restFlags', []);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } });
  return exports.restFlags as (code: number) => void;
}

/** How a place to leave at says what its flags follow from. */
export function leaveFlags(pending: PendingFlags | undefined): Pick<Leave, 'flags' | 'constants'> {
  // At rest: the region has noted flag code 0.
  if (pending === undefined) return { flags: CARRIED };
  const constants: number[] = [];
  [pending.left, pending.right, pending.result].forEach((value, slot) => {
    if (!value.isConst) return;
    const word = flagSlotAddress(slot, value.type as 'i32' | 'i64') >> 2;
    const bits = BigInt.asIntN(64, BigInt(value.imm));
    constants.push(word, Number(BigInt.asIntN(32, bits)));
    if (value.type === 'i64') constants.push(word + 1, Number(BigInt.asIntN(32, bits >> 32n)));
  });
  return { flags: flagCode(pending.kind, pending.size), ...(constants.length > 0 && { constants }) };
}

/** Completes the state after `EXIT.leave`. */
export function completeLeave(state: CpuState, leave: Leave, restFlags: (code: number) => void): void {
  const code = state.get('modeKey') & 3;
  const width = code === 2 ? 64 : code === 1 ? 32 : 16;
  state.rip = BigInt.asUintN(width, state.getWide('regionBase') + BigInt(leave.delta));
  state.set('remaining', state.get('remaining') + leave.left);
  state.setCount(TRANSLATED, state.count(TRANSLATED) - leave.left);
  const { constants = [] } = leave;
  for (let i = 0; i < constants.length; i += 2) state.i32[constants[i] as number] = constants[i + 1] as number;
  const flags = leave.flags === CARRIED ? state.get('flagCode') : leave.flags;
  if (flags !== 0) restFlags(flags);
}
