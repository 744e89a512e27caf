/**
 * The processor's state as named, versioned fields. Lazy flags are saved as EFLAGS and instruction counts as numbers, so
 * that equal architectural states save equal; the TLB is part of it, because a guest can observe stale entries.
 */
import { UserError } from '../../core/errors.js';
import type { ProcessorCore } from './core.js';
import { updateFpuTraps } from './fpu-traps.js';
import { updateMode } from './mode.js';
import type { SavedProcessor } from './processor.js';
import { SEGMENT_NAMES, STATE_FIELDS } from './state-layout.js';

const VERSION = 1;

/** Fields that a save keeps in another form. */
const TRANSFORMED = new Set(['icountBase', 'remaining', 'shadowUntil', 'flagsResult', 'flagsExtra', 'eflags']);

const plainFields = (): string[] =>
  Object.entries(STATE_FIELDS)
    .filter(([name, field]) => !field.derived && !TRANSFORMED.has(name))
    .map(([name]) => name);

export function saveProcessor(core: ProcessorCore): SavedProcessor {
  const { state } = core;
  const fields: Record<string, bigint | number | Uint8Array> = { model: new TextEncoder().encode(core.model.name) };
  for (const name of plainFields()) fields[name] = state.getField(name);
  fields.rflags = state.eflags >>> 0;
  fields.icount = core.icount;
  fields.interruptShadow = Math.max(0, Number(state.getWide('shadowUntil')) - core.icount);
  SEGMENT_NAMES.forEach((name, index) => {
    fields[`${name}.selector`] = state.selector(index);
    fields[`${name}.base`] = state.segmentBase(index);
    fields[`${name}.limit`] = state.segmentLimit(index);
    fields[`${name}.attributes`] = state.attributes(index);
  });
  fields.tlb = new Uint8Array(Float64Array.from(core.memory.tlb.save()).buffer);
  return { version: VERSION, fields };
}

export function restoreProcessor(core: ProcessorCore, saved: SavedProcessor): void {
  const { state } = core;
  if (saved.version !== VERSION) throw new UserError(`processor state of version ${saved.version} is not understood`);
  const field = (name: string): bigint | number | Uint8Array => {
    const value = saved.fields[name];
    if (value === undefined) throw new UserError(`the saved processor state lacks '${name}'`);
    return value;
  };
  const model = new TextDecoder().decode(field('model') as Uint8Array);
  if (model !== core.model.name)
    throw new UserError(`the state is of processor model '${model}'`, 'use the same model');
  for (const name of plainFields()) state.setField(name, BigInt(field(name) as bigint | number));
  state.eflags = Number(field('rflags')) | 0;
  const icount = Number(field('icount'));
  state.set('remaining', 0);
  state.set('left', 0);
  state.setWide('icountBase', BigInt(icount));
  state.setWide('shadowUntil', BigInt(icount + Number(field('interruptShadow'))));
  SEGMENT_NAMES.forEach((name, index) => {
    const base = BigInt(field(`${name}.base`) as bigint);
    const [selector, limit, attributes] = ['selector', 'limit', 'attributes'].map((part) =>
      Number(field(`${name}.${part}`)),
    ) as [number, number, number];
    state.setSegment(index, selector, base, limit, attributes);
  });
  core.blocks.flushBlocks();
  core.memory.tlb.load([...new Float64Array((field('tlb') as Uint8Array).slice().buffer)]);
  updateFpuTraps(state);
  updateMode(state);
  core.events.restored();
}
