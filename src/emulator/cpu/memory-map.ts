/**
 * Where everything lies in the one WebAssembly memory, in bytes from its start. The first KiB stays unused so that
 * address 0 can mean "no address".
 */

export const STATE_BASE = 0x400;

/** Two direct-mapped TLBs, supervisor then user; see mmu/tlb-layout.ts. */
export const TLB_BASE = 0x1_0000;

/** Records of events that wait for the host; see events/event-record.ts. */
export const EVENTS_BASE = 0x2_0000;
export const EVENTS_BYTES = 0xb_8000;

/** A TLB that is always empty: with it in force every access takes the slow path; see cpu/debug-unit.ts. */
export const EMPTY_TLB_BASE = 0xd_8000;

/** Direct-mapped map from (rip, mode) to decoded or translated code, 8 MiB; see interpreter/jump-cache.ts. */
export const JUMP_CACHE_BASE = 0xe_0000;

/** Decoded micro-op records and block headers; see interpreter/micro-op.ts. */
export const ARENA_BASE = 0x8e_0000;
export const ARENA_BYTES = 0x1f2_0000;

/** Guest-physical address 0. */
export const RAM_BASE = 0x280_0000;

export const WASM_PAGE = 0x1_0000;
