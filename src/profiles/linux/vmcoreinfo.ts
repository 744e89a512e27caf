/**
 * VMCOREINFO: the text that the kernel keeps for crash dump tools, found in physical memory or in the container.
 *
 * It is guest data: a record that parses may still be stale or forged, so nothing here is believed beyond its syntax
 * (`find-linux-kernel.ts` checks it against the page tables).
 *
 * Source: Linux `Documentation/admin-guide/kdump/vmcoreinfo.rst`, `kernel/crash_core.c` (`kernel/vmcore_info.c` from
 * 6.9) and `arch/x86/kernel/crash_core_*.c`.
 */
import { u32 } from '../../core/bytes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { scanPhysical } from './scan-physical.js';

export interface VmcoreInfo {
  /** The text as it stands, without the note header. */
  readonly text: string;
  /** `OSRELEASE`, as `uname -r` says it. */
  readonly release: string;
  /** `SYMBOL(name)`: run-time virtual addresses. */
  readonly symbols: ReadonlyMap<string, bigint>;
  /** `NUMBER(name)`; negative where the kernel printed a negative number. */
  readonly numbers: ReadonlyMap<string, bigint>;
  /** `OFFSET(struct.member)` and `SIZE(struct)` in bytes, `LENGTH(array)` in elements. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly sizes: ReadonlyMap<string, number>;
  readonly lengths: ReadonlyMap<string, number>;
  /** All `KEY=value` lines without parentheses: `BUILD-ID`, `PAGESIZE`, `KERNELOFFSET`, `CONFIG_X86_PAE` … */
  readonly values: ReadonlyMap<string, string>;
}

/** An ELF note's header, name "VMCOREINFO" padded to 12 bytes, then the text. */
const NOTE_NAME = 'VMCOREINFO\0';
const NOTE_NAME_OFFSET = 12;
const NOTE_TEXT_OFFSET = 24;
const TEXT_START = 'OSRELEASE=';
/** The kernel gives the text one page (`VMCOREINFO_BYTES`). */
const MAX_TEXT = 4096;

/**
 * The records in `memory`, best first: the container's own note, then notes in guest memory, then (only when asked
 * that far) copies of the bare text. A generator, because the first is nearly always right and a scan is not free.
 */
export function* findVmcoreInfo(memory: PhysicalMemory): Generator<VmcoreInfo> {
  if (memory.vmcoreinfo !== undefined) {
    const info = parseVmcoreInfo(memory.vmcoreinfo);
    if (info !== undefined) yield info;
  }
  for (const at of scanPhysical(memory, Buffer.from(NOTE_NAME, 'latin1'))) {
    const info = readNote(memory, at - NOTE_NAME_OFFSET);
    if (info !== undefined) yield info;
  }
  for (const at of scanPhysical(memory, Buffer.from(TEXT_START, 'latin1'))) {
    // The bare copy has a page of its own.
    const info = at % MAX_TEXT === 0 ? readText(memory, at, MAX_TEXT) : undefined;
    if (info !== undefined) yield info;
  }
}

/** The note whose header is at `at`; undefined unless name size, text size and the start of the text are right. */
function readNote(memory: PhysicalMemory, at: number): VmcoreInfo | undefined {
  const header = new Uint8Array(NOTE_TEXT_OFFSET);
  if (at < 0 || memory.read(at, header) < header.length || u32(header, 0) !== NOTE_NAME.length) return undefined;
  const length = u32(header, 4);
  return length <= MAX_TEXT ? readText(memory, at + NOTE_TEXT_OFFSET, length) : undefined;
}

function readText(memory: PhysicalMemory, at: number, length: number): VmcoreInfo | undefined {
  const bytes = Buffer.alloc(length);
  const end = memory.read(at, bytes);
  const nul = bytes.indexOf(0);
  return parseVmcoreInfo(bytes.toString('latin1', 0, nul < 0 || nul > end ? end : nul));
}

/** Parses the text; undefined when it doesn't begin as VMCOREINFO does or names no kernel symbol. */
export function parseVmcoreInfo(text: string): VmcoreInfo | undefined {
  if (!text.startsWith(TEXT_START)) return undefined;
  const symbols = new Map<string, bigint>();
  const numbers = new Map<string, bigint>();
  const offsets = new Map<string, number>();
  const sizes = new Map<string, number>();
  const lengths = new Map<string, number>();
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, kind, argument = '', key = '', value = ''] = match;
    if (kind === undefined) values.set(key, value);
    else if (kind === 'SYMBOL') set(symbols, argument, hexNumber(value));
    else if (kind === 'NUMBER') set(numbers, argument, anyNumber(value));
    else if (kind === 'OFFSET') set(offsets, argument, decimal(value));
    else if (kind === 'SIZE') set(sizes, argument, decimal(value));
    else if (kind === 'LENGTH') set(lengths, argument, decimal(value));
  }
  const release = values.get('OSRELEASE');
  if (release === undefined || release === '' || symbols.size === 0) return undefined;
  return { text, release, symbols, numbers, offsets, sizes, lengths, values };
}

const LINE = /^(?:([A-Z]+)\(([^)]+)\)|([^=()]+))=(.*)$/;

const hexNumber = (text: string): bigint | undefined =>
  /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined;

const decimal = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);

/** `%ld` mostly, `0x%lx` for masks. */
function anyNumber(text: string): bigint | undefined {
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt(text);
  return /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

function set<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value !== undefined) map.set(key, value);
}
