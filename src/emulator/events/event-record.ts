/**
 * One event as 64 bytes in WebAssembly memory, and the buffer that records are appended to. Generated code and the host
 * write them (`event-functions.ts`), the host drains the buffer as a whole (`event-hub.ts`).
 */
import type { FunctionType } from '../codegen/wasm-module.js';
import { EVENTS_BASE, EVENTS_BYTES } from '../cpu/memory-map.js';

export const RECORD_BYTES = 64;

/** Byte offsets in a record. What address, physical, value and extra hold depends on the kind: see `event-kinds.ts`. */
export const FIELD = {
  /** Kind, size, detail and ring, a byte each. */
  head: 0,
  /** One bit for each subscription whose filter it passed. */
  subscriptions: 4,
  /** Instructions retired before it. */
  icount: 8,
  rip: 16,
  address: 24,
  physical: 32,
  value: 40,
  extra: 48,
  /** CR3. */
  addressSpace: 56,
} as const;

/**
 * Most records between two looks at the room that is left: a block of the JIT is 64 instructions at most, ENTER the
 * instruction with the most accesses (66).
 */
const MOST_PER_BLOCK = 64 * 70;

/** When the next record would lie here or later, generated code leaves so that the host can drain. */
export const FULL_AT = EVENTS_BASE + EVENTS_BYTES - MOST_PER_BLOCK * RECORD_BYTES;

/**
 * What an event function takes: address, physical address, value, extra; RIP; instructions counted but not retired;
 * size | detail << 8; the subscriptions that still come into question. It answers which of those that stop passed.
 */
export const EVENT_FUNCTION: FunctionType = {
  params: ['i64', 'i64', 'i64', 'i64', 'i64', 'i32', 'i32', 'i32'],
  results: ['i32'],
};

/** `watch(address, access, candidates)`: may this access (or `BRANCH_ACCESS`) stop the run? */
export const WATCH_FUNCTION: FunctionType = { params: ['i64', 'i32', 'i32'], results: ['i32'] };

/** Stands for a taken branch where `watch` expects an access descriptor. */
export const BRANCH_ACCESS = 0x400;
