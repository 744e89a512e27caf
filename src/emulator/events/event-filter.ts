/**
 * What a subscription asks for, as data: which events, where, by whom. Checked and brought into one form here; compiled
 * in `filter-code.ts` (what is known only at run time) and `code-plan.ts` (what is known of an instruction).
 */
import { UserError } from '../../core/errors.js';
import type { CpuMode, Instruction } from '../isa/instruction.js';
import { classesOf } from '../isa/opcode-class.js';
import { OPCODE_CLASSES, type OpcodeClass, type Row } from '../isa/row.js';
import { FAMILIES } from '../isa/tables.js';
import { CONTROL_NAMES, EVENT_KINDS, type EventKind, WRITERS, type Writer } from './event-kinds.js';

/** [start, end). */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** All conditions must hold; what is left out does not matter. */
export interface EventFilter {
  /**
   * Virtual (linear) addresses: of the instruction for `instruction`, `block` and `code-execute`, of the target for
   * `branch` and `interrupt-return`, of any byte of the access for `read` and `write`, of the page for `tlb-fill`.
   */
  readonly ranges?: readonly AddressRange[];
  /** The same of physical addresses. */
  readonly physicalRanges?: readonly AddressRange[];
  /** CR3, the root of the page tables; its flag bits (4:0) do not count. */
  readonly addressSpace?: bigint;
  readonly ring?: 0 | 1 | 2 | 3;
  /** Mnemonics of the instruction as the tables in `isa/` spell them ('mov', 'call', 'movsb'). */
  readonly mnemonics?: readonly string[];
  /** Classes of the instruction ('call', 'return', 'privileged', 'string'); one of them is enough. */
  readonly classes?: readonly OpcodeClass[];
  /** I/O ports from `first` to `last`. */
  readonly ports?: readonly { readonly first: number; readonly last: number }[];
  readonly vectors?: readonly number[];
  /** Control registers by name ('cr3', 'xcr0'), model-specific registers by number. */
  readonly registers?: readonly (string | number)[];
  /** `code-execute`: one of those who wrote the page. `code-write`: who writes it. */
  readonly writer?: Writer;
  /** `code-execute`: only where the page was written through the address and the CR3 that execute it now. */
  readonly sameMapping?: boolean;
  /** (value & mask) must equal this: the new value of a register, the error code of an exception. */
  readonly value?: { readonly equals: bigint; readonly mask?: bigint };
}

export interface Subscription<K extends EventKind> extends EventFilter {
  readonly kind: K | readonly K[];
  /**
   * The run stops: before the instruction for `instruction` and `block`, behind it otherwise. `run` then comes back with
   * the event.
   */
  readonly stop?: boolean;
}

/** A checked filter: ranges as start and length, sets as sets. */
export interface Condition {
  readonly ranges: readonly Range[] | undefined;
  readonly physicalRanges: readonly Range[] | undefined;
  readonly addressSpace: bigint | undefined;
  readonly ring: number | undefined;
  /** Rows of the instruction tables. */
  readonly rows: ReadonlySet<Row> | undefined;
  readonly value: { readonly equals: bigint; readonly mask: bigint } | undefined;
  /** One of these bits must be set in the detail of the record. */
  readonly detail: number | undefined;
  readonly sameMapping: boolean;
}

export interface Range {
  readonly start: bigint;
  /** 1 to 2^64 - 1. */
  readonly length: bigint;
}

const ALL = (1n << 64n) - 1n;
/** Bits of CR3 that name a page-table root: PAE's begin at bit 5 (SDM volume 3, 4.5). */
export const ROOT_MASK = ALL & ~0x1fn;

function checkRange({ start, end }: AddressRange): Range {
  if (start < 0n || end <= start || end > ALL) {
    throw new UserError(
      `events cannot be filtered by the range 0x${start.toString(16)} to 0x${end.toString(16)}`,
      'give a start and a greater end, both below 2^64',
    );
  }
  return { start, length: end - start };
}

const LISTS = ['ranges', 'physicalRanges', 'mnemonics', 'classes', 'ports', 'vectors', 'registers'] as const;
const NONE: readonly (keyof EventFilter)[] = [];
const PLACE = ['ranges', 'physicalRanges'] as const;

/** What else than `addressSpace` and `ring` events of a kind can be filtered by. */
const APPLICABLE: Readonly<Record<EventKind, readonly (keyof EventFilter)[]>> = {
  instruction: [...PLACE, 'mnemonics', 'classes'],
  block: [...PLACE, 'mnemonics', 'classes'],
  branch: ['ranges', 'mnemonics', 'classes'],
  read: [...PLACE, 'mnemonics', 'classes', 'value'],
  write: [...PLACE, 'mnemonics', 'classes', 'value'],
  'port-read': ['ports', 'value'],
  'port-write': ['ports', 'value'],
  exception: ['vectors', 'value'],
  interrupt: ['vectors'],
  'interrupt-return': ['ranges'],
  'control-write': ['registers', 'value'],
  'msr-write': ['registers', 'value'],
  'tlb-fill': PLACE,
  'tlb-flush': NONE,
  halt: NONE,
  reset: NONE,
  'code-write': [...PLACE, 'writer'],
  'code-execute': [...PLACE, 'writer', 'sameMapping'],
};

const CONDITIONS = [...new Set(Object.values(APPLICABLE).flat())];

/** Ports, vectors and registers are what the address of a record holds, too. */
function numbered({ ports, vectors, registers }: EventFilter): AddressRange[] | undefined {
  const single = (number: number): AddressRange => ({ start: BigInt(number), end: BigInt(number) + 1n });
  if (ports !== undefined) return ports.map(({ first, last }) => ({ start: BigInt(first), end: BigInt(last) + 1n }));
  if (vectors !== undefined) return vectors.map(single);
  return registers?.map((register) => single(registerNumber(register)));
}

function registerNumber(register: string | number): number {
  if (typeof register === 'number') return register;
  const found = Object.entries(CONTROL_NAMES).find(([, name]) => name === register);
  if (found === undefined) {
    throw new UserError(`there is no control register '${register}'`, Object.values(CONTROL_NAMES).join(', '));
  }
  return Number(found[0]);
}

function checkApplicable(kinds: readonly EventKind[], filter: EventFilter): void {
  for (const kind of kinds) {
    const wrong = CONDITIONS.find((name) => filter[name] !== undefined && !APPLICABLE[kind].includes(name));
    if (wrong !== undefined) throw new UserError(`events of kind '${kind}' cannot be filtered by '${wrong}'`);
  }
}

/** The rows that a filter names; undefined for all. */
function rowsOf({ mnemonics, classes }: EventFilter): ReadonlySet<Row> | undefined {
  if (mnemonics === undefined && classes === undefined) return undefined;
  const rows = FAMILIES.flatMap((family) => family.rows);
  const unknown = mnemonics?.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined) throw new UserError(`there is no instruction '${unknown}'`, 'use names of the tables');
  const wrong = classes?.find((name) => !OPCODE_CLASSES.includes(name));
  if (wrong !== undefined) {
    throw new UserError(`there is no class of instructions '${wrong}'`, `use one of ${OPCODE_CLASSES.join(', ')}`);
  }
  const admits = (row: Row): boolean =>
    (mnemonics?.includes(row.name) ?? true) && (classes?.some((name) => classesOf(row).has(name)) ?? true);
  return new Set(rows.filter(admits));
}

/** @throws UserError for an unknown kind, a condition that the kind does not have, an empty list, an impossible range. */
export function checkFilter(kinds: readonly EventKind[], filter: EventFilter): Condition {
  const unknown = kinds.find((kind) => !EVENT_KINDS.includes(kind));
  if (unknown !== undefined) {
    throw new UserError(`there are no events of kind '${unknown}'`, `use one of ${EVENT_KINDS.join(', ')}`);
  }
  checkApplicable(kinds, filter);
  for (const name of LISTS) {
    if (filter[name]?.length === 0) throw new UserError(`an empty list of ${name} lets no event through`);
  }
  const { physicalRanges, addressSpace, ring, value, writer } = filter;
  const ranges = filter.ranges ?? numbered(filter);
  return {
    ranges: ranges?.map(checkRange),
    physicalRanges: physicalRanges?.map(checkRange),
    addressSpace: addressSpace === undefined ? undefined : addressSpace & ROOT_MASK,
    ring,
    rows: rowsOf(filter),
    detail: writer && WRITERS[writer],
    sameMapping: filter.sameMapping ?? false,
    value: value && { equals: value.equals & (value.mask ?? ALL), mask: (value.mask ?? ALL) & ALL },
  };
}

/** Can this instruction pass in its mode? */
export function admitsInstruction(condition: Condition, { row, mode }: Instruction): boolean {
  return admitsMode(condition, mode) && (condition.rows?.has(row) ?? true);
}

function admitsMode({ ring }: Condition, mode: CpuMode): boolean {
  return ring === undefined || (ring === 3) === mode.user;
}

/** Can an instruction at this physical address pass? Pages may be mapped anywhere, so of virtual ranges only offsets count. */
export function admitsPlace(condition: Condition, physical: number): boolean {
  const place = BigInt(physical);
  const inside = condition.physicalRanges?.some(({ start, length }) => place >= start && place - start < length);
  const offset = condition.ranges?.some(
    ({ start, length }) => length >= 4096n || BigInt.asUintN(12, place - start) < length,
  );
  return (inside ?? true) && (offset ?? true);
}
