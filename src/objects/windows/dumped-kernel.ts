/**
 * What a triage dump has of its kernel: the pieces of virtual memory in it, with the copies of the process, the thread and the
 * processor that stopped the machine where they were, and types that fit them. Enough for views of those; nothing to walk.
 *
 * A triage dump does not say which update of its build it is of. Types are taken whose structures are exactly as long as the
 * copies, and which make the thread one of the process.
 */
import type { ReadableSpace } from '../../memory/address-space.js';
import { FaultLog } from '../../memory/fault-log.js';
import type { TriageParts, WindowsDump } from '../../memory/windows-dump.js';
import { IsfTypeSource } from '../../profiles/isf/isf-type-source.js';
import { fieldResolver } from '../../profiles/resolve-field.js';
import { SymbolList } from '../../profiles/symbol-list.js';
import type { TypeSource } from '../../profiles/types.js';
import { FIELD_ALTERNATIVES } from '../../profiles/windows/field-alternatives.js';
import { neighbouringProfiles } from '../../profiles/windows/shipped-profile.js';
import { StructView, type ViewContext } from '../struct-view.js';

export interface DumpedKernel extends ViewContext {
  readonly process: StructView;
  readonly thread: StructView;
}

/** A piece of virtual memory. */
interface Piece {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** Of the copies while it is not known where they were. */
const NOWHERE = 0n;

/** Undefined when the dump has no copies, or no types that are known fit them. */
export function dumpedKernel({ triage, pointerSize, build }: WindowsDump): DumpedKernel | undefined {
  const copies = triage?.structures;
  if (triage === undefined || copies === undefined) return undefined;
  const lengths = { _KPRCB: copies.processor, _EPROCESS: copies.process, _ETHREAD: copies.thread };
  for (const neighbour of neighbouringProfiles(pointerSize, `10.0.${build}`)) {
    const types = new IsfTypeSource(neighbour.document());
    if (!Object.entries(lengths).every(([struct, { length }]) => types.struct(struct)?.size === length)) continue;
    const alone = (struct: string, bytes: Uint8Array) =>
      new StructView(contextOver(types, triage, [{ address: NOWHERE, bytes }]), struct, NOWHERE);
    const thread = alone('_ETHREAD', copies.thread);
    const pid = alone('_EPROCESS', copies.process).num('UniqueProcessId');
    if (pid === undefined || pid !== thread.num('Cid.UniqueProcess')) continue;
    const processAt = thread.ptr('Tcb.Process') ?? NOWHERE;
    const threadAt = alone('_KPRCB', copies.processor).ptr('CurrentThread') ?? NOWHERE;
    const context = contextOver(types, triage, [
      { address: processAt, bytes: copies.process },
      { address: threadAt, bytes: copies.thread },
    ]);
    return {
      ...context,
      process: new StructView(context, '_EPROCESS', processAt),
      thread: new StructView(context, '_ETHREAD', threadAt),
    };
  }
  return undefined;
}

function contextOver(types: TypeSource, triage: TriageParts, pieces: readonly Piece[]): ViewContext {
  const resolve = fieldResolver(FIELD_ALTERNATIVES);
  return {
    faults: new FaultLog(),
    field: (struct, path) => resolve(types, struct, path),
    profile: {
      os: 'windows',
      pointerSize: types.pointerSize,
      banner: '',
      release: '',
      types,
      symbols: new SymbolList([]),
      sources: [],
    },
    space: dumpedSpace(types.pointerSize, triage, pieces),
  };
}

/** Virtual memory as far as the dump has it; a copy goes before what else the dump has of its place. */
function dumpedSpace(pointerSize: 4 | 8, triage: TriageParts, pieces: readonly Piece[]): ReadableSpace {
  const view = (address: bigint, length: number): Uint8Array | undefined => {
    for (const { address: start, bytes } of pieces) {
      const at = Number(address - start);
      if (at >= 0 && at + length <= bytes.length) return bytes.subarray(at, at + length);
    }
    const bytes = new Uint8Array(length);
    return triage.read(address, bytes) === length ? bytes : undefined;
  };
  const read = (address: bigint, target: Uint8Array): number => {
    const bytes = view(address, target.length);
    if (bytes === undefined) return triage.read(address, target);
    target.set(bytes);
    return target.length;
  };
  return { name: 'triage dump', pointerSize, view, read };
}
