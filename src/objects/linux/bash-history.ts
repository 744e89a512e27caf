/**
 * The command history of a bash process, found in its memory by structure: it needs no symbols of bash.
 *
 * readline keeps an array of pointers to HIST_ENTRY { char *line; char *timestamp; void *data }, the time being a
 * string of `#` and seconds since 1970 (readline's history.h and history.c, 5.0 to 8.2). So: time strings, then the
 * pointers to them, then the pointers to what holds those.
 */
import { u32, utf8Text } from '../../core/bytes.js';
import { residentChunks } from '../resident-chunks.js';
import type { LinuxKernel } from './kernel.js';
import { mmAreas, VM } from './mm-areas.js';
import type { UserMemory } from './user-memory.js';

export interface HistoryEntry {
  /** Place in the history, from 1; undefined for an entry that is no longer (or not yet) in it. */
  readonly index: number | undefined;
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly command: string;
  /** Address of the HIST_ENTRY. */
  readonly address: bigint;
}

/** A run of memory without holes. Addresses of user memory are below 2^48 and held as numbers. */
interface Block {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Scanned of one process at most: an interactive shell has a few hundred KiB. */
const MAX_SCANNED = 512 * 1024 * 1024;
const MAX_COMMAND = 16384;
const HASH = 0x23;
/** Digits of a time: enough for 1973 to 2286, so that other texts with a # are not taken for one. */
const DIGITS = { least: 9, most: 10 };

/** The history of a process: entries in their order, then those that are not in the list any more, by time. */
export function bashHistory(kernel: LinuxKernel, memory: UserMemory): HistoryEntry[] {
  const blocks = [...writableBlocks(kernel, memory)];
  const times = timeStrings(blocks);
  if (times.size === 0) return [];
  const entries = new Map<number, { seconds: number; command: string }>();
  for (const { address, value } of words(blocks, memory, times)) {
    const entry = address - memory.space.pointerSize;
    const line = wordAt(blocks, memory, entry);
    const command = line === undefined ? undefined : commandAt(memory, line);
    const seconds = times.get(value);
    if (command !== undefined && seconds !== undefined) entries.set(entry, { seconds, command });
  }
  const order = longestRun(words(blocks, memory, entries), memory.space.pointerSize);
  const places = new Map(order.map((entry, index) => [entry, index + 1]));
  return [...entries]
    .map(([address, entry]) => ({ ...entry, address: BigInt(address), index: places.get(address) }))
    .sort((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity) || a.seconds - b.seconds);
}

/** Private writable memory that is no file's: the heap, and what malloc maps. */
function* writableBlocks(kernel: LinuxKernel, { mm, space }: UserMemory): Generator<Block> {
  let budget = MAX_SCANNED;
  for (const area of mmAreas(kernel, mm)) {
    if (area.file !== undefined || (area.flags & VM.write) === 0 || (area.flags & VM.mayShare) !== 0) continue;
    let pages: Uint8Array[] = [];
    let start = 0;
    let end = -1;
    for (const { offset, bytes } of residentChunks(space, area.start, area.end)) {
      budget -= bytes.length;
      if (budget < 0) break;
      if (offset !== end && pages.length > 0) {
        yield { start, bytes: Buffer.concat(pages) };
        pages = [];
      }
      if (pages.length === 0) start = Number(area.start) + offset;
      pages.push(bytes.slice());
      end = offset + bytes.length;
    }
    if (pages.length > 0) yield { start, bytes: Buffer.concat(pages) };
  }
}

/** `#` and digits up to a NUL, by address. */
function timeStrings(blocks: readonly Block[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const { start, bytes } of blocks) {
    for (let at = bytes.indexOf(HASH); at >= 0; at = bytes.indexOf(HASH, at + 1)) {
      let end = at + 1;
      while (end - at - 1 <= DIGITS.most && isDigit(bytes[end])) end++;
      const digits = end - at - 1;
      if (digits < DIGITS.least || digits > DIGITS.most || bytes[end] !== 0) continue;
      times.set(start + at, Number(utf8Text(bytes.subarray(at + 1, end))));
    }
  }
  return times;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** The aligned words whose value is a key of `wanted`, with where they lie, ascending. */
function* words(blocks: readonly Block[], { space }: UserMemory, wanted: ReadonlyMap<number, unknown>) {
  const size = space.pointerSize;
  for (const { start, bytes } of blocks) {
    for (let at = 0; at + size <= bytes.length; at += size) {
      const value = wordIn(bytes, at, size);
      if (wanted.has(value)) yield { address: start + at, value };
    }
  }
}

function wordIn(bytes: Uint8Array, at: number, size: 4 | 8): number {
  return size === 4 ? u32(bytes, at) : u32(bytes, at) + u32(bytes, at + 4) * 2 ** 32;
}

function wordAt(blocks: readonly Block[], { space }: UserMemory, address: number): number | undefined {
  const size = space.pointerSize;
  const block = blocks.find(({ start, bytes }) => address >= start && address + size <= start + bytes.length);
  return block && wordIn(block.bytes, address - block.start, size);
}

/** The command at an address: a string that ends, and is text; its newlines are part of it. */
function commandAt({ space }: UserMemory, address: number): string | undefined {
  if (address === 0 || !Number.isSafeInteger(address)) return undefined;
  const bytes = new Uint8Array(MAX_COMMAND);
  const got = space.read(BigInt(address), bytes);
  const end = bytes.subarray(0, got).indexOf(0);
  return end <= 0 ? undefined : utf8Text(bytes.subarray(0, end));
}

/** The values of the longest run of adjacent words: the array that the history is. */
function longestRun(found: Iterable<{ readonly address: number; readonly value: number }>, size: number): number[] {
  let longest: number[] = [];
  let run: number[] = [];
  let next = -1;
  for (const { address, value } of found) {
    if (address !== next) run = [];
    run.push(value);
    next = address + size;
    if (run.length > longest.length) longest = run;
  }
  return longest;
}
