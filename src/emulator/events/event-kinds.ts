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

export const BRANCH_KINDS = [
  'jump', 'conditional', 'call', 'return', 'far jump', 'far call', 'far return', 'system call', 'system return',
] as const; // biome-ignore format: a list
export type BranchKind = (typeof BRANCH_KINDS)[number];

export const TLB_ACCESSES = ['read', 'write', 'fetch'] as const;
export const FLUSH_SCOPES = ['all', 'nonglobal', 'page'] as const;

/** Who wrote a page, as bits: a program in ring 3, the processor in other rings, somebody beside the processor. */
export const WRITERS = { user: 1, supervisor: 2, outside: 4 } as const;
export type Writer = keyof typeof WRITERS;

/** Names of control registers by number. */
export const CONTROL_NAMES: Readonly<Record<number, string>> = {
  0: 'cr0', 2: 'cr2', 3: 'cr3', 4: 'cr4', 8: 'cr8', 16: 'xcr0',
}; // biome-ignore format: a table

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
  /** A branch was taken, near or far, or a system call or its return was done. Ring and address space are those after it. */
  branch: { readonly to: bigint; readonly how: BranchKind };
  read: Access;
  write: Access;
  'port-read': Port;
  'port-write': Port;
  /** Delivery begins; a fault in it is an exception of its own. Ring and address space are the interrupted ones. */
  exception: {
    readonly vector: number;
    readonly errorCode: number | undefined;
    /** Of a page fault: the linear address, as in CR2. */
    readonly faultAddress: bigint | undefined;
  };
  /** The same for interrupts: from a device (NMI included), or by INT n, INT3, INTO, INT1. */
  interrupt: { readonly vector: number; readonly source: 'hardware' | 'software' };
  /** IRET was done. Ring and address space are those returned to. */
  'interrupt-return': { readonly to: bigint };
  /** MOV CRn, LMSW, CLTS, XSETBV. */
  'control-write': { readonly register: string; readonly old: bigint; readonly value: bigint };
  'msr-write': { readonly register: number; readonly old: bigint; readonly value: bigint };
  /** A translation entered the TLB of this processor (for data, or the map of executable pages). */
  'tlb-fill': { readonly address: bigint; readonly physical: number; readonly access: (typeof TLB_ACCESSES)[number] };
  /** `address` for the scope 'page' (INVLPG). */
  'tlb-flush': { readonly scope: (typeof FLUSH_SCOPES)[number]; readonly address: bigint };
  /** HLT was executed. */
  halt: object;
  /** The processor was reset. */
  reset: object;
  /** A page from which instructions were executed is written for the first time since. */
  'code-write': Page & { readonly writer: Writer };
  /** The first instruction is about to be executed from a page that was written since it was last executed. */
  'code-execute': Page & {
    readonly writers: readonly Writer[];
    /**
     * Through which linear page and CR3 it was written. Of the last four ways the one that executes it now, else one
     * with that linear page, else the last. Undefined when it was only written from outside.
     */
    readonly writtenAs: { readonly page: bigint; readonly addressSpace: bigint } | undefined;
  };
}

interface Port {
  readonly port: number;
  readonly size: number;
  readonly value: number;
}

interface Page {
  readonly address: bigint;
  readonly physical: number;
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

/** Detail bits of accesses and exceptions. */
export const IMPLICIT = 1;
export const WITH_ERROR_CODE = 1;
export const WITH_ADDRESS = 2;
/** Of `code-execute`, beside the bits of `WRITERS`. */
export const WITH_MAPPING = 8;

const port = (r: RecordReader): Port => ({
  port: Number(r.wide(FIELD.address)),
  size: r.size,
  value: Number(r.wide(FIELD.value)),
});

const page = (r: RecordReader): Page => ({
  address: r.wide(FIELD.address),
  physical: Number(r.wide(FIELD.physical)),
});

const oldAndNew = (r: RecordReader) => ({ old: r.wide(FIELD.extra), value: r.wide(FIELD.value) });

const writersOf = (bits: number): Writer[] =>
  (Object.keys(WRITERS) as Writer[]).filter((writer) => (bits & WRITERS[writer]) !== 0);

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
  'port-read': port,
  'port-write': port,
  exception: (r) => ({
    vector: Number(r.wide(FIELD.address)),
    errorCode: (r.detail & WITH_ERROR_CODE) === 0 ? undefined : Number(r.wide(FIELD.value)),
    faultAddress: (r.detail & WITH_ADDRESS) === 0 ? undefined : r.wide(FIELD.extra),
  }),
  interrupt: (r) => ({ vector: Number(r.wide(FIELD.address)), source: r.detail === 0 ? 'hardware' : 'software' }),
  'interrupt-return': (r) => ({ to: r.wide(FIELD.address) }),
  'control-write': (r) => ({
    register: CONTROL_NAMES[Number(r.wide(FIELD.address))] ?? `cr${r.wide(FIELD.address)}`,
    ...oldAndNew(r),
  }),
  'msr-write': (r) => ({ register: Number(r.wide(FIELD.address)), ...oldAndNew(r) }),
  'tlb-fill': (r) => ({ ...page(r), access: TLB_ACCESSES[r.detail] as (typeof TLB_ACCESSES)[number] }),
  'tlb-flush': (r) => ({
    scope: FLUSH_SCOPES[r.detail] as (typeof FLUSH_SCOPES)[number],
    address: r.wide(FIELD.address),
  }),
  halt: () => ({}),
  reset: () => ({}),
  'code-write': (r) => ({ ...page(r), writer: writersOf(r.detail)[0] as Writer }),
  'code-execute': (r) => ({
    ...page(r),
    writers: writersOf(r.detail),
    writtenAs:
      (r.detail & WITH_MAPPING) === 0 ? undefined : { page: r.wide(FIELD.value), addressSpace: r.wide(FIELD.extra) },
  }),
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
