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

/** Keys as they are printed: `OSRELEASE`, `SYMBOL(_stext)`, `NUMBER(phys_base)`, `OFFSET(page.lru)` … */
export type VmcoreInfo = ReadonlyMap<string, string>;

/** An ELF note's header, name "VMCOREINFO" padded to 12 bytes, then the text. */
const NOTE_NAME = 'VMCOREINFO\0';
const NOTE_NAME_OFFSET = 12;
const NOTE_TEXT_OFFSET = 24;
const TEXT_START = 'OSRELEASE=';
/** The kernel gives the text one page (`VMCOREINFO_BYTES`). */
const MAX_TEXT = 4096;

/**
 * The records in guest memory, best first: notes, then copies of the bare text. A generator, because the first is nearly
 * always right and a scan is not free.
 */
export function* findVmcoreInfo(memory: PhysicalMemory): Generator<VmcoreInfo> {
  for (const at of scanPhysical(memory, Buffer.from(NOTE_NAME, 'latin1'))) {
    const start = at - NOTE_NAME_OFFSET;
    const info = start < 0 ? undefined : readVmcoreNote((target) => memory.read(start, target));
    if (info !== undefined) yield info;
  }
  for (const at of scanPhysical(memory, Buffer.from(TEXT_START, 'latin1'))) {
    // The bare copy has a page of its own.
    const text = Buffer.alloc(MAX_TEXT);
    const info = at % MAX_TEXT === 0 ? parseBytes(text.subarray(0, memory.read(at, text))) : undefined;
    if (info !== undefined) yield info;
  }
}

/**
 * The record in the ELF note that `read` gives the bytes of; undefined unless name size, text size and the start of the
 * text are right. `read` fills what it can and returns how much, as `PhysicalMemory.read` does.
 */
export function readVmcoreNote(read: (target: Uint8Array) => number): VmcoreInfo | undefined {
  const note = Buffer.alloc(NOTE_TEXT_OFFSET + MAX_TEXT);
  const length = read(note);
  if (length < NOTE_TEXT_OFFSET || u32(note, 0) !== NOTE_NAME.length) return undefined;
  const textLength = u32(note, 4);
  if (textLength > MAX_TEXT || note.toString('latin1', NOTE_NAME_OFFSET, 23) !== NOTE_NAME) return undefined;
  return parseBytes(note.subarray(NOTE_TEXT_OFFSET, Math.min(length, NOTE_TEXT_OFFSET + textLength)));
}

function parseBytes(bytes: Buffer): VmcoreInfo | undefined {
  const nul = bytes.indexOf(0);
  return parseVmcoreInfo(bytes.toString('latin1', 0, nul < 0 ? bytes.length : nul));
}

/** Parses the text; undefined when it doesn't begin as VMCOREINFO does or names no release. */
export function parseVmcoreInfo(text: string): VmcoreInfo | undefined {
  if (!text.startsWith(TEXT_START)) return undefined;
  const info = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) info.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return info.get('OSRELEASE') === '' ? undefined : info;
}

/** Run-time address of a symbol; undefined when the record has no well-formed one. */
export function vmcoreSymbol(info: VmcoreInfo, name: string): bigint | undefined {
  const text = info.get(`SYMBOL(${name})`);
  return text !== undefined && /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** A number (printed with `%ld`: signed, or as `0x…`); undefined when the record has no well-formed one. */
export function vmcoreNumber(info: VmcoreInfo, name: string): bigint | undefined {
  const text = info.get(`NUMBER(${name})`);
  return text !== undefined && /^(-?\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text) ? BigInt(text) : undefined;
}

/** All symbols with a well-formed address. */
export function* vmcoreSymbols(info: VmcoreInfo): Generator<{ name: string; address: bigint }> {
  for (const key of info.keys()) {
    const name = /^SYMBOL\((.+)\)$/.exec(key)?.[1];
    const address = name === undefined ? undefined : vmcoreSymbol(info, name);
    if (name !== undefined && address !== undefined) yield { name, address };
  }
}
