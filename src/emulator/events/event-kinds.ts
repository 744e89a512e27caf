/** The kinds of events, what each tells, and how that is read from a record. Architectural facts only. */
import { FIELD, RECORD_BYTES } from './event-record.js';

/** What every event tells. */
interface Moment {
  /** Instructions retired before it. */
  readonly icount: number;
  /** Address (RIP, EIP, IP) of the instruction that it belongs to. */
  readonly rip: bigint;
  readonly ring: number;
  /** CR3 then. */
  readonly addressSpace: bigint;
}

export const BRANCH_KINDS = ['jump', 'conditional', 'call', 'return'] as const;
export type BranchKind = (typeof BRANCH_KINDS)[number];

interface Begun {
  /** Linear address of its first byte. */
  readonly address: bigint;
  readonly physical: number;
  /** Bytes of the instruction. */
  readonly length: number;
}

interface Access {
  readonly address: bigint;
  /** Of the first byte, where the access crosses a page. */
  readonly physical: number;
  readonly size: number;
  readonly value: bigint;
  /** The processor accesses by itself: descriptors, stack frames of interrupts and far transfers, task segments. */
  readonly implicit: boolean;
}

/** By kind: what an event tells beyond its moment. */
export interface EventFields {
  /** An instruction is about to be executed. */
  instruction: Begun;
  /** The first instruction after a control transfer is about to be executed. */
  block: Begun;
  /** A near branch was taken. */
  branch: { readonly to: bigint; readonly how: BranchKind };
  read: Access;
  write: Access;
}

export type EventKind = keyof EventFields;
export type EventOf<K extends EventKind> = { [Kind in K]: { readonly kind: Kind } & Moment & EventFields[Kind] }[K];
export type MachineEvent = EventOf<EventKind>;

/** Reads the fields of the record at a byte offset of a view. */
interface RecordReader {
  wide(field: number): bigint;
  size: number;
  detail: number;
}

const begun = (r: RecordReader): Begun => ({
  address: r.wide(FIELD.address),
  physical: Number(r.wide(FIELD.physical)),
  length: r.size,
});

const IMPLICIT = 1;

const access = (r: RecordReader): Access => ({
  address: r.wide(FIELD.address),
  physical: Number(r.wide(FIELD.physical)),
  size: r.size,
  value: r.wide(FIELD.value) | (r.wide(FIELD.extra) << 64n),
  implicit: (r.detail & IMPLICIT) !== 0,
});

const decoders: { readonly [K in EventKind]: (r: RecordReader) => EventFields[K] } = {
  instruction: begun,
  block: begun,
  branch: (r) => ({ to: r.wide(FIELD.address), how: BRANCH_KINDS[r.detail] as BranchKind }),
  read: access,
  write: access,
};

export const EVENT_KINDS = Object.keys(decoders) as EventKind[];

/** Kinds that generated code reports; the others come from the host's side of the processor. */
export const TRANSLATED: ReadonlySet<EventKind> = new Set(['instruction', 'block', 'branch', 'read', 'write']);

/** A kind as a record holds it. */
export function kindNumber(kind: EventKind): number {
  return EVENT_KINDS.indexOf(kind);
}

/** Record `index` of a buffer. */
export function decodeRecord(view: DataView, index: number): MachineEvent {
  const at = index * RECORD_BYTES;
  const reader: RecordReader = {
    wide: (field) => view.getBigUint64(at + field, true),
    size: view.getUint8(at + 1),
    detail: view.getUint8(at + 2),
  };
  const kind = EVENT_KINDS[view.getUint8(at)] as EventKind;
  return {
    kind,
    icount: Number(reader.wide(FIELD.icount)),
    rip: reader.wide(FIELD.rip),
    ring: view.getUint8(at + 3),
    addressSpace: reader.wide(FIELD.addressSpace),
    ...decoders[kind](reader),
  } as MachineEvent;
}
