/**
 * Finds kallsyms by content, for kernels whose VMCOREINFO is missing or (before 6.0) does not name its parts.
 *
 * The token table has all digits as tokens of their own, one after another; the token index proves the find. From there
 * the other parts follow by the order in which `scripts/kallsyms.c` writes them: before 6.4 addresses and count stand
 * first, from 6.4 on the addresses stand last (6.2 and 6.3 have one more table between markers and tokens). Whole addresses instead of offsets: before 4.6.
 */
import { u32, u64 } from '../../core/bytes.js';
import type { KallsymsLocation } from './kallsyms-location.js';
import { MAX_SYMBOLS, MAX_TOKEN_TABLE, TOKENS, tokensAgree } from './kallsyms-location.js';

/** `0` to `9`, each a token of its own: digits are in every kernel's symbol names. */
export const TOKEN_LANDMARK = Buffer.from('0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00', 'latin1');
/** How far names can begin before the token table: those of 220,000 symbols take 5 MB. */
const PARTS_BEFORE = 16 * 1024 * 1024;

const MIN_SYMBOLS = 1000;
/** One marker stands for this many names. */
const NAMES_PER_MARKER = 256;
const MAX_NAME = 512;

export interface FoundKallsyms extends KallsymsLocation {
  readonly pointerSize: 4 | 8;
}

/**
 * The parts of kallsyms that lie in `bytes`, whose first byte has address `start` (virtual, or physical while nothing
 * virtual is known: the result is in the same terms).
 */
export function searchKallsyms(bytes: Buffer, start: bigint): FoundKallsyms | undefined {
  for (let hit = bytes.indexOf(TOKEN_LANDMARK); hit >= 0; hit = bytes.indexOf(TOKEN_LANDMARK, hit + 1)) {
    const tokens = tokenTableAround(bytes, hit);
    if (tokens === undefined) continue;
    for (const pointerSize of [8, 4] as const) {
      const parts = partsAround(bytes, tokens, pointerSize);
      if (parts === undefined) continue;
      const at = (offset: number): bigint => start + BigInt(offset);
      const { relativeBase } = parts;
      return {
        pointerSize,
        names: at(parts.names),
        numSyms: at(parts.numSyms),
        tokenTable: at(tokens.table),
        tokenIndex: at(tokens.index),
        values: at(parts.values),
        scheme: relativeBase === undefined ? 'absolute' : 'base-relative',
        ...(relativeBase === undefined ? {} : { relativeBase: at(relativeBase) }),
      };
    }
  }
  return undefined;
}

/** Bytes on either side of the landmark that a token table with its index can take. */
export const TOKENS_AROUND = MAX_TOKEN_TABLE + TOKENS * 2 + 16;

/** Whether the landmark at `zero` belongs to a token table with its index. `bytes` reach `TOKENS_AROUND` to either side. */
export function isTokenTable(bytes: Buffer, zero: number): boolean {
  return tokenTableAround(bytes, zero) !== undefined;
}

interface Tokens {
  readonly table: number;
  readonly index: number;
}

/** Start of the table and of its index, given where the token `0` stands; undefined when it's no token table. */
function tokenTableAround(bytes: Buffer, zero: number): Tokens | undefined {
  const zeroCode = 0x30;
  let end = zero;
  for (let token = zeroCode; token < TOKENS; token++) {
    const nul = bytes.indexOf(0, end);
    if (nul < 0 || nul - zero > MAX_TOKEN_TABLE) return undefined;
    end = nul + 1;
  }
  for (const alignment of [8, 4]) {
    const index = align(end, alignment);
    if (index + TOKENS * 2 > bytes.length) continue;
    const entries = Uint16Array.from({ length: TOKENS }, (_, token) => bytes.readUInt16LE(index + token * 2));
    const table = zero - (entries[zeroCode] as number);
    if (table >= 0 && tokensAgree(bytes.subarray(table, index), entries)) return { table, index };
  }
  return undefined;
}

interface Parts {
  readonly numSyms: number;
  readonly names: number;
  readonly values: number;
  /** Undefined when the values are whole addresses. */
  readonly relativeBase?: number;
}

function partsAround(bytes: Buffer, tokens: Tokens, pointerSize: 4 | 8): Parts | undefined {
  const first = Math.max(0, tokens.table - PARTS_BEFORE);
  for (let numSyms = alignDown(tokens.table, pointerSize) - pointerSize; numSyms >= first; numSyms -= pointerSize) {
    const count = u32(bytes, numSyms);
    if (count < MIN_SYMBOLS || count > MAX_SYMBOLS) continue;
    if (pointerSize === 8 && u32(bytes, numSyms + 4) !== 0) continue;
    const names = numSyms + pointerSize;
    if (!namesEndAtMarkers(bytes, names, count, tokens.table, pointerSize)) continue;
    const parts = addressParts(bytes, numSyms, count, tokens.index + TOKENS * 2, pointerSize);
    if (parts !== undefined) return { numSyms, names, ...parts };
  }
  return undefined;
}

/** Whether `count` names from `names` on are followed by their markers: where names 0, 256, 512 … start. */
function namesEndAtMarkers(bytes: Buffer, names: number, count: number, limit: number, pointerSize: 4 | 8): boolean {
  const expected: number[] = [];
  let at = names;
  for (let index = 0; index < count; index++) {
    if (index % NAMES_PER_MARKER === 0) expected.push(at - names);
    let length = bytes[at++] as number;
    if (length >= 0x80) length = (length & 0x7f) | ((bytes[at++] as number) << 7);
    at += length;
    if (length === 0 || length > MAX_NAME || at > limit) return false;
  }
  const markers = align(at, pointerSize);
  // 32 bits each from 4.20 on, pointers before.
  return [4, pointerSize].some(
    (size) =>
      markers + expected.length * size <= limit &&
      expected.every((value, index) => u32(bytes, markers + index * size) === value),
  );
}

/** The addresses, in one of the places where they can be; undefined when none of them bears looking at. */
function addressParts(
  bytes: Buffer,
  numSyms: number,
  count: number,
  behindIndex: number,
  pointerSize: 4 | 8,
): Pick<Parts, 'values' | 'relativeBase'> | undefined {
  const length = align(count * 4, pointerSize);
  const before = { values: numSyms - pointerSize - length, relativeBase: numSyms - pointerSize };
  const behindStart = align(behindIndex, pointerSize);
  const behind = { values: behindStart, relativeBase: behindStart + length };
  const relative = [before, behind].find(
    ({ values, relativeBase }) =>
      values >= 0 &&
      relativeBase + pointerSize <= bytes.length &&
      isKernelAddress(bytes, relativeBase, pointerSize) &&
      areOffsets(bytes, values, count),
  );
  if (relative !== undefined) return relative;
  // Before 4.6 there are whole addresses; the last is never a per-CPU one.
  const values = numSyms - count * pointerSize;
  return values >= 0 && isKernelAddress(bytes, numSyms - pointerSize, pointerSize) ? { values } : undefined;
}

function isKernelAddress(bytes: Buffer, at: number, pointerSize: 4 | 8): boolean {
  return pointerSize === 8 ? u64(bytes, at) >= 0xffff_ffff_8000_0000n : u32(bytes, at) >= 0x4000_0000;
}

/** Symbols are sorted by address: distances rise, or (ABSOLUTE_PERCPU) rise and then fall below zero. */
function areOffsets(bytes: Buffer, at: number, count: number): boolean {
  let previous = bytes.readInt32LE(at);
  for (let index = 1; index < count; index++) {
    const value = bytes.readInt32LE(at + index * 4);
    const rises = value >= 0 ? previous >= 0 && value >= previous : previous >= 0 || value <= previous;
    if (!rises) return false;
    previous = value;
  }
  return true;
}

const align = (offset: number, alignment: number): number => Math.ceil(offset / alignment) * alignment;
const alignDown = (offset: number, alignment: number): number => Math.floor(offset / alignment) * alignment;
