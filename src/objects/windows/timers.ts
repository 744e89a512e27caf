/**
 * The timers that are running, from the tables that the clock interrupt looks through.
 *
 * Since 6.1 each processor has a table; before, the kernel had one, of which no symbol is public: it is found by the
 * timers that threads wait with, which are linked into it and say in which row.
 * Source: _KTIMER, _KTIMER_TABLE and _KTIMER_TABLE_ENTRY in Microsoft's public symbols; ReactOS ntoskrnl/ke/timerobj.c.
 */
import { readPointer, type StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { listEntries } from './lists.js';
import { moduleAt } from './module-ranges.js';
import { processes, threadsOf } from './processes.js';
import { processors } from './processors.js';

/** Rows of the one table of 5.x, and of those that each processor has. */
const OLD_ROWS = 512;
const ROWS = 256;
const TABLE_MEMBER = 'TimerTable.TimerEntries';
/** A timer's list is short; a walk of this length goes in circles. */
const MAX_STEPS = 4096;

/** The timers in all tables, as _KTIMER; none where there is no table to be found. */
export function* runningTimers(kernel: WindowsKernel): Generator<StructView> {
  for (const { first, rows } of tables(kernel)) {
    const { size } = first;
    for (let row = 0; row < rows; row++) {
      const head = kernel.struct(first.type, first.address + BigInt(row * size)).addressOf('Entry');
      // Tables of which nothing is known for certain: a list that does not begin is an empty one.
      if (readPointer(kernel, head) === 0n) continue;
      yield* listEntries(kernel, head, '_KTIMER', 'TimerListEntry');
    }
  }
}

interface Table {
  /** Its first row, a _KTIMER_TABLE_ENTRY. */
  readonly first: StructView;
  readonly rows: number;
}

function* tables(kernel: WindowsKernel): Generator<Table> {
  let perProcessor = false;
  for (const { block } of processors(kernel)) {
    if (!block.has(TABLE_MEMBER)) break;
    perProcessor = true;
    const { type } = block.field(TABLE_MEMBER);
    const first = kernel.struct('_KTIMER_TABLE_ENTRY', block.addressOf(TABLE_MEMBER));
    // Since 10.0.22000 an array of two such tables.
    const tablesOfOne = type.kind === 'array' && type.element.kind === 'array' ? type.count : 1;
    yield { first, rows: ROWS * tablesOfOne };
  }
  if (perProcessor) return;
  const address = kernel.address('KiTimerTableListHead') ?? tableOfThreads(kernel);
  if (address !== undefined) yield { first: kernel.struct('_KTIMER_TABLE_ENTRY', address), rows: OLD_ROWS };
}

/**
 * Address of the table, by the timers of waiting threads: the lowest that one of them leads to. Their headers keep eight bits of
 * the row, so that those of the upper half lead 256 rows too high.
 */
function tableOfThreads(kernel: WindowsKernel): bigint | undefined {
  let lowest: bigint | undefined;
  const { size } = kernel.struct('_KTIMER_TABLE_ENTRY', 0n);
  for (const process of processes(kernel)) {
    for (const thread of threadsOf(kernel, process)) {
      const timer = thread.at('Tcb.Timer');
      if ((timer.num('Header.Inserted') ?? 0) === 0) continue;
      const head = headOf(kernel, timer.addressOf('TimerListEntry'));
      if (head === undefined) continue;
      const table = head - BigInt((timer.num('Header.Hand') ?? 0) * size);
      if (lowest === undefined || table < lowest) lowest = table;
    }
  }
  return lowest;
}

/** The head of the list that a link is in: the only node inside of the kernel's image. */
function headOf(kernel: WindowsKernel, link: bigint): bigint | undefined {
  const image = moduleAt(kernel, kernel.location.base);
  let node = readPointer(kernel, link);
  for (let steps = 0; steps < MAX_STEPS && node !== undefined && node !== link; steps++) {
    if (moduleAt(kernel, node) === image) return node;
    node = readPointer(kernel, node);
  }
  return undefined;
}

const WORD = (1n << 64n) - 1n;

/**
 * Address of the timer's _KDPC; undefined for those without one, and where it cannot be told. On amd64 since 6.1 it is kept
 * scrambled by two numbers of the kernel's (public analysis: "KTIMER DPC encoding", reproduced in several debuggers).
 */
export function timerRoutine(kernel: WindowsKernel, timer: StructView): bigint | undefined {
  const stored = timer.ptr('Dpc');
  if (stored === undefined || stored === 0n) return undefined;
  if (!kernel.is64Bit || kernel.field('_KPRCB', TABLE_MEMBER) === undefined) return stored;
  const [never, always] = [kernel.globalPointer('KiWaitNever'), kernel.globalPointer('KiWaitAlways')];
  if (never === undefined || always === undefined) return undefined;
  const turned = rotateLeft(stored ^ never, never & 0xffn) ^ timer.address;
  const dpc = swapBytes(turned) ^ always;
  return dpc === 0n ? undefined : dpc;
}

function rotateLeft(value: bigint, by: bigint): bigint {
  const bits = by & 63n;
  return ((value << bits) | (value >> (64n - bits))) & WORD;
}

function swapBytes(value: bigint): bigint {
  let out = 0n;
  for (let at = 0n; at < 64n; at += 8n) out = (out << 8n) | ((value >> at) & 0xffn);
  return out;
}
