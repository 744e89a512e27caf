/**
 * The two functions that connect blocks: `nextBlock` (tail-called at block ends) and `dispatch` (the loop that enters
 * regions and the interpreter). Written with the op builder; they own the tables, regions do not.
 */
import { OpBuilder } from '../codegen/op-builder.js';
import { OP, type Value } from '../codegen/value.js';
import { WasmModule } from '../codegen/wasm-module.js';
import { JUMP_CACHE_BASE } from '../cpu/memory-map.js';
import { stateAddress } from '../cpu/state-layout.js';
import { EXIT } from './exit-code.js';
import { JUMP_CACHE, JUMP_CACHE_ENTRIES, JUMP_CACHE_ENTRY_SHIFT, REGION_ENTRY_BITS } from './jump-cache.js';
import { HEADER, HEADER_BYTES, RECORD } from './micro-op.js';

const CODE_TYPE = { params: ['i32'], results: ['i32'] } as const;

const i32State = (b: OpBuilder, name: string): Value => b.loadMemory('i32', 4, b.i32(0), stateAddress(name));
const i64State = (b: OpBuilder, name: string): Value => b.loadMemory('i64', 8, b.i32(0), stateAddress(name));

/** Returns the jump-cache entry's address for RIP; leaves with EXIT.miss when it is not there. */
export function probe(b: OpBuilder, rip: Value): Value {
  const low = b.let(b.wrap(rip));
  const index = b.and(b.xor(low, b.shrU(low, b.i32(12))), b.i32(JUMP_CACHE_ENTRIES - 1));
  const entry = b.let(b.shl(index, b.i32(JUMP_CACHE_ENTRY_SHIFT)));
  const tag = b.loadMemory('i64', 8, entry, JUMP_CACHE_BASE + JUMP_CACHE.tag);
  b.if(b.ne(tag, b.xor(rip, i64State(b, 'modeTag'))), () => b.return(b.i32(EXIT.miss)));
  return entry;
}

function buildNextBlock(module: WasmModule): void {
  const b = new OpBuilder(module, []);
  const rip = b.let(i64State(b, 'rip'));
  const entry = probe(b, rip);
  b.if(b.loadMemory('i32', 4, entry, JUMP_CACHE_BASE + JUMP_CACHE.region), () => b.return(b.i32(EXIT.none)));
  const header = b.let(b.loadMemory('i32', 4, entry, JUMP_CACHE_BASE + JUMP_CACHE.header));
  const remaining = b.let(b.sub(i32State(b, 'remaining'), b.loadMemory('i32', 4, header, HEADER.count)));
  b.if(b.compare('ltS', remaining, b.i32(0)), () => b.return(b.i32(EXIT.limit)));
  const counter = b.let(b.sub(b.loadMemory('i32', 4, header, HEADER.counter), b.i32(1)));
  b.storeMemory(4, header, HEADER.counter, counter);
  b.if(b.eqz(counter), () => b.return(b.i32(EXIT.hot)));
  b.storeMemory(4, b.i32(0), stateAddress('remaining'), remaining);
  b.storeMemory(8, b.i32(0), stateAddress('blockRip'), rip);
  b.emit(b.add(header, b.i32(HEADER_BYTES)));
  b.emit(b.loadMemory('i32', 4, header, HEADER_BYTES + RECORD.handler));
  b.code.byte(OP.returnCallIndirect);
  b.code.unsigned(module.type(CODE_TYPE));
  b.code.byte(0);
  b.finish('nextBlock', ['i32']);
}

/** Expects `nextBlock` as an import, because functions of a module do not call each other here. */
function buildDispatch(module: WasmModule): void {
  const b = new OpBuilder(module, []);
  const code = b.variable('i32');
  const allowed = b.variable('i32');
  b.loop((again) => {
    const entry = probe(b, b.let(i64State(b, 'rip')));
    const region = b.let(b.loadMemory('i32', 4, entry, JUMP_CACHE_BASE + JUMP_CACHE.region));
    b.if(
      region,
      () => {
        const reference = b.let(b.sub(region, b.i32(1)));
        const base = b.loadMemory('i64', 8, entry, JUMP_CACHE_BASE + JUMP_CACHE.base);
        b.storeMemory(8, b.i32(0), stateAddress('regionBase'), base);
        const index = b.let(b.shrU(reference, b.i32(REGION_ENTRY_BITS)));
        b.storeMemory(4, b.i32(0), stateAddress('currentRegion'), index);
        b.set(allowed, i32State(b, 'remaining'));
        b.emit(b.and(reference, b.i32((1 << REGION_ENTRY_BITS) - 1)));
        b.emit(index);
        b.code.byte(OP.callIndirect);
        b.code.unsigned(module.type(CODE_TYPE));
        b.code.byte(1);
        b.code.byte(OP.localSet);
        b.code.unsigned(code.index);
        const retired = b.widen(b.sub(b.get(allowed), i32State(b, 'remaining')));
        b.storeMemory(8, b.i32(0), stateAddress('translated'), b.add(i64State(b, 'translated'), retired));
      },
      () => b.set(code, b.call('nextBlock', { params: [], results: ['i32'] }, []) as Value),
    );
    b.branchIf(again, b.eqz(b.get(code)));
  });
  b.emit(b.get(code));
  b.finish('dispatch', ['i32']);
}

/** Ends a block that has no branch at its end: goes on at the record's `next` (or stops, in a single step). */
function buildBlockEnd(module: WasmModule, exportName: string, stops: boolean, notes = false): void {
  const b = new OpBuilder(module, ['i32']);
  const record = b.get({ type: 'i32', index: 0 });
  const offset = b.widenSigned(b.loadMemory('i32', 4, record, RECORD.next));
  const mask = b.loadMemory('i64', 8, record, RECORD.immediate);
  b.storeMemory(8, b.i32(0), stateAddress('rip'), b.and(b.add(i64State(b, 'blockRip'), offset), mask));
  if (notes) b.storeMemory(4, b.i32(0), stateAddress('blockSequential'), b.i32(1));
  if (stops) b.emit(b.i32(EXIT.event));
  else {
    b.code.byte(OP.returnCall);
    b.code.unsigned(module.importFunction('nextBlock', { params: [], results: ['i32'] }));
  }
  b.finish(exportName, ['i32']);
}

/** Hands a miss to the host: the address goes through the state, because a wide argument makes the call dearer. */
function buildMiss(module: WasmModule, exportName: string, host: string): void {
  const b = new OpBuilder(module, ['i64', 'i32', 'i32']);
  b.storeMemory(8, b.i32(0), stateAddress('argument0'), b.get({ type: 'i64', index: 0 }));
  const [access, record] = [1, 2].map((index) => b.get({ type: 'i32', index })) as [Value, Value];
  b.emit(b.call(host, { params: ['i32', 'i32'], results: ['i32'] }, [access, record]) as Value);
  b.finish(exportName, ['i32']);
}

/** `missAddress` and `missStore`, as generated code imports them. */
export function createMissFunctions(
  memory: WebAssembly.Memory,
  host: { slowAddress: WebAssembly.ImportValue; slowStore: WebAssembly.ImportValue },
): Record<string, WebAssembly.ImportValue> {
  const module = new WasmModule();
  buildMiss(module, 'missAddress', 'slowAddress');
  buildMiss(module, 'missStore', 'slowStore');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory, ...host } });
  return exports as Record<string, WebAssembly.ImportValue>;
}

export interface Dispatcher {
  readonly nextBlock: unknown;
  readonly dispatch: () => number;
  readonly blockEnd: unknown;
  readonly stepEnd: unknown;
}

/** `blockEnd` and `stepEnd` for when blocks are reported: they note that no control transfer ended the block. */
export function createNotedEnds(
  memory: WebAssembly.Memory,
  nextBlock: WebAssembly.ImportValue,
): Pick<Dispatcher, 'blockEnd' | 'stepEnd'> {
  const module = new WasmModule();
  buildBlockEnd(module, 'blockEnd', false, true);
  buildBlockEnd(module, 'stepEnd', true, true);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory, nextBlock } });
  return { blockEnd: exports.blockEnd, stepEnd: exports.stepEnd };
}

/** Compiles the dispatcher over the two tables. */
export function createDispatcher(
  memory: WebAssembly.Memory,
  handlers: WebAssembly.Table,
  regions: WebAssembly.Table,
): Dispatcher {
  const instantiate = (module: WasmModule, more: Record<string, WebAssembly.ImportValue>) =>
    new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory, handlers, regions, ...more } })
      .exports;
  const first = new WasmModule();
  first.importTable('handlers');
  buildNextBlock(first);
  const nextBlock = instantiate(first, {}).nextBlock as WebAssembly.ImportValue;
  const second = new WasmModule();
  second.importTable('handlers');
  second.importTable('regions');
  buildDispatch(second);
  buildBlockEnd(second, 'blockEnd', false);
  buildBlockEnd(second, 'stepEnd', true);
  const { dispatch, blockEnd, stepEnd } = instantiate(second, { nextBlock });
  return { nextBlock, dispatch: dispatch as () => number, blockEnd, stepEnd };
}
