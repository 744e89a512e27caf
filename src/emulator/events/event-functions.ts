/**
 * Generates the functions that report events: one a kind, with the filters of its subscriptions inside. It appends a
 * record when one of them passes. Generated code of both tiers and the host call the same functions.
 */
import { OpBuilder } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';
import { type ValueType, WasmModule } from '../codegen/wasm-module.js';
import { stateAddress } from '../cpu/state-layout.js';
import { ACCESS_WRITE } from '../isa/memory-builder.js';
import type { Condition } from './event-filter.js';
import { type EventKind, kindNumber } from './event-kinds.js';
import { BRANCH_ACCESS, EVENT_FUNCTION, FIELD, RECORD_BYTES, WATCH_FUNCTION } from './event-record.js';
import { conditionCode } from './filter-code.js';

/** A subscription as generated code knows it. */
export interface Listener {
  readonly kinds: ReadonlySet<EventKind>;
  readonly condition: Condition;
  readonly stop: boolean;
  /** Its bit in masks. */
  readonly bit: number;
}

export type EventFunction = (
  address: bigint,
  physical: bigint,
  value: bigint,
  extra: bigint,
  rip: bigint,
  pending: number,
  info: number,
  candidates: number,
) => number;

const MEMORY: ReadonlySet<EventKind> = new Set(['read', 'write']);

const state = (b: OpBuilder, type: ValueType, name: string): Value =>
  b.loadMemory(type, type === 'i64' ? 8 : 4, b.i32(0), stateAddress(name));

const isCandidate = (b: OpBuilder, candidates: Value, bit: number): Value =>
  b.and(b.shrU(candidates, b.i32(bit)), b.i32(1));

function parameters(b: OpBuilder, types: readonly ValueType[]): Value[] {
  return types.map((type, index) => b.get({ type, index }));
}

function buildEventFunction(module: WasmModule, kind: EventKind, listeners: readonly Listener[]): void {
  const b = new OpBuilder(module, EVENT_FUNCTION.params);
  const [address, physical, value, extra, rip, pending, info, candidates] = parameters(b, EVENT_FUNCTION.params) as [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const own = b.let(b.widen(b.and(info, b.i32(0xff))));
  const size = MEMORY.has(kind) ? own : b.i64(kind === 'tlb-fill' ? 4096 : 1);
  const detail = b.let(b.and(b.shrU(info, b.i32(8)), b.i32(0xff)));
  const passed = b.variable('i32');
  for (const { condition, bit } of listeners) {
    const one = b.and(
      isCandidate(b, candidates, bit),
      conditionCode(b, condition, { address, physical, value, extra, detail, size }),
    );
    b.set(passed, b.or(b.get(passed), b.shl(one, b.i32(bit))));
  }
  b.if(b.get(passed), () => {
    const head = b.let(state(b, 'i32', 'eventHead'));
    const ring = b.shl(state(b, 'i32', 'cpl'), b.i32(24));
    const word = b.or(b.or(b.shl(b.and(info, b.i32(0xffff)), b.i32(8)), b.i32(kindNumber(kind))), ring);
    b.storeMemory(4, head, FIELD.head, word);
    b.storeMemory(4, head, FIELD.subscriptions, b.get(passed));
    b.storeMemory(8, head, FIELD.icount, b.sub(state(b, 'i64', 'icountBase'), b.widenSigned(pending)));
    b.storeMemory(8, head, FIELD.rip, rip);
    b.storeMemory(8, head, FIELD.address, address);
    b.storeMemory(8, head, FIELD.physical, physical);
    b.storeMemory(8, head, FIELD.value, value);
    b.storeMemory(8, head, FIELD.extra, extra);
    b.storeMemory(8, head, FIELD.addressSpace, state(b, 'i64', 'cr3'));
    b.storeMemory(4, b.i32(0), stateAddress('eventHead'), b.add(head, b.i32(RECORD_BYTES)));
  });
  const stops = b.and(b.get(passed), b.i32(stopMask(listeners)));
  b.if(stops, () => b.storeMemory(4, b.i32(0), stateAddress('eventStop'), b.i32(1)));
  b.emit(stops);
  b.finish(kind, ['i32']);
}

/** Asked before the access, so what depends on values counts as met. */
function buildWatch(module: WasmModule, listeners: readonly Listener[]): void {
  const b = new OpBuilder(module, WATCH_FUNCTION.params);
  const [address, access, candidates] = parameters(b, WATCH_FUNCTION.params) as [Value, Value, Value];
  const size = b.let(b.widen(b.and(access, b.i32(0xff))));
  const isWrite = b.ne(b.and(access, b.i32(ACCESS_WRITE)), b.i32(0));
  const isBranch = b.and(access, b.i32(BRANCH_ACCESS));
  const answer = b.variable('i32');
  for (const { kinds, condition, bit, stop } of listeners) {
    if (!stop) continue;
    // An update is a read, too.
    const memory = kinds.has('read') ? b.i32(1) : kinds.has('write') ? isWrite : b.i32(0);
    const met = b.and(memory, conditionCode(b, condition, { address, size }));
    const one = b.select(isBranch, b.i32(kinds.has('branch') ? 1 : 0), met);
    b.set(answer, b.or(b.get(answer), b.and(isCandidate(b, candidates, bit), one)));
  }
  b.emit(b.get(answer));
  b.finish('watch', ['i32']);
}

/** Bits of the listeners that stop. */
export function stopMask(listeners: readonly Listener[]): number {
  return listeners.reduce((mask, { stop, bit }) => (stop ? mask | (1 << bit) : mask), 0);
}

export interface EventFunctions {
  readonly byKind: ReadonlyMap<EventKind, EventFunction>;
  readonly watch: WebAssembly.ImportValue;
}

export function createEventFunctions(memory: WebAssembly.Memory, listeners: readonly Listener[]): EventFunctions {
  const module = new WasmModule();
  const kinds = new Set(listeners.flatMap((one) => [...one.kinds]));
  for (const kind of kinds) {
    buildEventFunction(
      module,
      kind,
      listeners.filter((one) => one.kinds.has(kind)),
    );
  }
  buildWatch(module, listeners);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } });
  return {
    byKind: new Map([...kinds].map((kind) => [kind, exports[kind] as unknown as EventFunction])),
    watch: exports.watch as WebAssembly.ImportValue,
  };
}
