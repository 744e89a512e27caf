/** Finds runs of printable characters in memory: ASCII and UTF-16LE. Knows nothing of guests or owners. */
import type { PhysicalMemory } from './physical-memory.js';
import { scanChunks } from './scan-chunks.js';

export interface FoundString {
  /** Offset of the first byte. */
  readonly offset: number;
  /** Bytes that the characters take. */
  readonly length: number;
  readonly encoding: 'ascii' | 'utf16';
  readonly text: string;
}

const TAB = 0x09;
const SPACE = 0x20;
const TILDE = 0x7e;

const PRINTABLE = new Uint8Array(256);
PRINTABLE.fill(1, SPACE, TILDE + 1);
PRINTABLE[TAB] = 1;

const latin1 = new TextDecoder('latin1');

/** ASCII runs of at least `minimum` characters, cut at `limit`. */
export function* asciiStrings(bytes: Uint8Array, minimum: number, limit: number): Generator<FoundString> {
  for (let start = nextAscii(bytes, 0, minimum); start >= 0; ) {
    let at = start + minimum;
    while (at < bytes.length && PRINTABLE[bytes[at] as number] === 1) at++;
    for (let from = start; at - from >= minimum; from += limit) {
      const to = Math.min(at, from + limit);
      yield { offset: from, length: to - from, encoding: 'ascii', text: latin1.decode(bytes.subarray(from, to)) };
    }
    start = nextAscii(bytes, at, minimum);
  }
}

/**
 * Start of the first run of `minimum` printable bytes from `from` on; -1 when there is none. Looks at one byte in
 * `minimum`, as no such run fits between two of those.
 */
function nextAscii(bytes: Uint8Array, from: number, minimum: number): number {
  const { length } = bytes;
  let first = from;
  for (let at = from + minimum - 1; at < length; ) {
    if (PRINTABLE[bytes[at] as number] === 0) {
      at += minimum;
      continue;
    }
    let start = at;
    while (start > first && PRINTABLE[bytes[start - 1] as number] === 1) start--;
    let end = at + 1;
    while (end < length && end - start < minimum && PRINTABLE[bytes[end] as number] === 1) end++;
    if (end - start >= minimum) return start;
    first = end;
    at = end + minimum;
  }
  return -1;
}

/** UTF-16LE runs (printable ASCII followed by zero bytes) at even and odd offsets, cut at `limit` characters. */
export function* utf16Strings(bytes: Uint8Array, minimum: number, limit: number): Generator<FoundString> {
  for (let start = nextUtf16(bytes, 0, minimum); start >= 0; ) {
    let at = start;
    let text = '';
    while (isUtf16(bytes, at)) {
      if (text.length < limit) text += String.fromCharCode(bytes[at] as number);
      at += 2;
    }
    yield { offset: start, length: at - start, encoding: 'utf16', text };
    start = nextUtf16(bytes, at, minimum);
  }
}

/** The same for UTF-16LE: of `2 * minimum` bytes one is looked at, which may be either half of a character. */
function nextUtf16(bytes: Uint8Array, from: number, minimum: number): number {
  const { length } = bytes;
  const step = 2 * minimum;
  let first = from;
  for (let at = from + step - 1; at < length; ) {
    let start = bytes[at] === 0 ? at - 1 : at;
    if (start < first || !isUtf16(bytes, start)) {
      at += step;
      continue;
    }
    while (start - 2 >= first && isUtf16(bytes, start - 2)) start -= 2;
    let end = start;
    while (end - start < step && isUtf16(bytes, end)) end += 2;
    if (end - start >= step) return start;
    first = end;
    at = end + step - 1;
  }
  return -1;
}

function isUtf16(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 0 && PRINTABLE[bytes[at] as number] === 1;
}

export type StringFinder = (bytes: Uint8Array, minimum: number, limit: number) => Generator<FoundString>;

/** Longest string handed out in one piece, in bytes of the shorter encoding. */
const MAX_LENGTH = 4096;

/**
 * Strings in all of physical memory, `offset` being the physical address. One that crosses two windows is handed out
 * once and whole; one that is longer than 4096 characters comes in pieces.
 */
export function* scanStrings(
  memory: PhysicalMemory,
  finders: readonly StringFinder[],
  minimum: number,
  progress: (done: number) => void,
): Generator<FoundString> {
  let unfinished: FoundString[] = [];
  for (const { address, bytes, seen } of scanChunks(memory, { overlap: 2 * MAX_LENGTH })) {
    progress(address);
    // What touched the end of the last window is seen again, whole, in one that continues it.
    if (seen === 0) yield* unfinished;
    unfinished = [];
    for (const find of finders) {
      for (const found of find(bytes, minimum, MAX_LENGTH)) {
        const end = found.offset + found.length;
        if (end < seen) continue;
        const placed = { ...found, offset: address + found.offset };
        if (end >= bytes.length - 1) unfinished.push(placed);
        else yield placed;
      }
    }
  }
  yield* unfinished;
}
