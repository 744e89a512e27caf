/**
 * The manifest: everything about one snapshot but its pages. Written last, so that a snapshot either has one and is
 * whole, or does not exist. The format is described in docs/snapshot-format.md.
 */
import type { PhysicalRange, ProcessorRegisters } from '../memory/physical-memory.js';
import { type Moment, type MomentRecord, momentOf, momentRecord } from './moment.js';

export const MANIFEST_VERSION = 1;

/** What the memory of a machine looks like from outside: the parts of `PhysicalMemory` that are not pages. */
export interface MemoryDescription {
  /** Where it comes from: `memlapse emulator`, or the format of the dump that was imported. */
  readonly format: string;
  /** Backed ranges, ascending, disjoint, multiples of the page size. */
  readonly ranges: readonly PhysicalRange[];
  readonly registers: readonly ProcessorRegisters[];
  readonly vmcoreinfo?: string | undefined;
  readonly notes?: readonly string[] | undefined;
}

/** A part of the machine beside memory: `cpu`, `uart0`, `disk`. The store does not look inside. */
export interface StateInfo {
  readonly name: string;
  /** Version of the blob's own format, its maker's business. */
  readonly version: number;
  /** Bytes. */
  readonly length: number;
}

export interface SnapshotInfo {
  readonly series: string;
  /** Counts from 1 within the series and is never used twice. */
  readonly number: number;
  readonly moment: Moment;
  readonly memory: MemoryDescription;
  readonly states: readonly StateInfo[];
  /** Number of the snapshot that this one was written as a difference to. */
  readonly base: number | undefined;
  /** Pages handed in, and how many of those the store had not had before. */
  readonly pagesWritten: number;
  readonly pagesNew: number;
}

type RegisterRecord = Readonly<Record<string, string>>;

/** The JSON of a manifest. */
export interface ManifestRecord {
  readonly version: number;
  readonly moment: MomentRecord;
  readonly format: string;
  readonly ranges: readonly (readonly [start: number, end: number])[];
  readonly registers: readonly RegisterRecord[];
  readonly vmcoreinfo?: string;
  readonly notes?: readonly string[];
  readonly states: readonly (StateInfo & { readonly pages: readonly number[] })[];
  readonly base?: number;
  readonly pagesWritten: number;
  readonly pagesNew: number;
}

const GENERAL = 'general.';

/** Decimal text by name; the general registers have a prefix. */
function registerRecord({ general = {}, ...named }: ProcessorRegisters): RegisterRecord {
  const all = [...Object.entries(named), ...Object.entries(general).map(([name, value]) => [GENERAL + name, value])];
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

function registersOf(record: RegisterRecord): ProcessorRegisters {
  const all = Object.entries(record).map(([name, value]) => [name, BigInt(value)] as const);
  const general = all.filter(([name]) => name.startsWith(GENERAL));
  return {
    cr3: 0n,
    ...Object.fromEntries(all.filter(([name]) => !name.startsWith(GENERAL))),
    ...(general.length === 0
      ? {}
      : { general: Object.fromEntries(general.map(([name, value]) => [name.slice(GENERAL.length), value])) }),
  };
}

/** @param statePages page ids of each state, in the order of `info.states` */
export function manifestRecord(info: SnapshotInfo, statePages: readonly (readonly number[])[]): ManifestRecord {
  const { moment, memory, states, base, pagesWritten, pagesNew } = info;
  return {
    version: MANIFEST_VERSION,
    moment: momentRecord(moment),
    format: memory.format,
    ranges: memory.ranges.map(({ start, end }) => [start, end] as const),
    registers: memory.registers.map(registerRecord),
    ...(memory.vmcoreinfo === undefined ? {} : { vmcoreinfo: memory.vmcoreinfo }),
    ...(memory.notes === undefined || memory.notes.length === 0 ? {} : { notes: memory.notes }),
    states: states.map((state, index) => ({ ...state, pages: statePages[index] ?? [] })),
    ...(base === undefined ? {} : { base }),
    pagesWritten,
    pagesNew,
  };
}

export function snapshotInfo(series: string, number: number, record: ManifestRecord): SnapshotInfo {
  return {
    series,
    number,
    moment: momentOf(record.moment),
    memory: {
      format: record.format,
      ranges: record.ranges.map(([start, end]) => ({ start, end })),
      registers: record.registers.map(registersOf),
      vmcoreinfo: record.vmcoreinfo,
      notes: record.notes ?? [],
    },
    states: record.states.map(({ name, version, length }) => ({ name, version, length })),
    base: record.base,
    pagesWritten: record.pagesWritten,
    pagesNew: record.pagesNew,
  };
}
