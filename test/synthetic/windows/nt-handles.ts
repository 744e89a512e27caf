/** Handle tables of a synthetic NT guest, of one to three levels. */
import type { NtGuest } from './nt-guest.js';

const PAGE = 4096;
const ENTRIES = 256;
const POINTERS = PAGE / 8;

export interface TableEntry {
  readonly handle: number;
  /** Object header; of the table of processes and threads the object itself. */
  readonly object: bigint;
  readonly access: number;
}

/** A new `_HANDLE_TABLE`. @param levels at least this many */
export function makeHandleTable(guest: NtGuest, pid: number, entries: readonly TableEntry[], levels = 1): bigint {
  const { memory, pool, types } = guest;
  const highest = Math.max(0, ...entries.map(({ handle }) => handle / 4));
  const pages = Math.floor(highest / ENTRIES) + 1;
  const depth = Math.max(levels, pages === 1 ? 1 : pages <= POINTERS ? 2 : 3);
  const leaves = Array.from({ length: pages }, () => pool.allocate('Obtb', PAGE, true));
  for (const { handle, object, access } of entries) {
    const index = handle / 4;
    const leaf = leaves[Math.floor(index / ENTRIES)] as bigint;
    writeEntry(guest, leaf + BigInt((index % ENTRIES) * types.size('_HANDLE_TABLE_ENTRY')), object, access);
  }
  let level = leaves;
  for (let above = 1; above < depth; above++) {
    const count = Math.ceil(level.length / POINTERS);
    const tables = Array.from({ length: count }, () => pool.allocate('Obtb', PAGE, true));
    level.forEach((page, index) => {
      memory.pointer((tables[Math.floor(index / POINTERS)] as bigint) + BigInt((index % POINTERS) * 8), page);
    });
    level = tables;
  }
  const table = pool.allocate('Obtb', types.size('_HANDLE_TABLE'), true);
  memory.set(table, '_HANDLE_TABLE', { TableCode: (level[0] as bigint) | BigInt(depth - 1), UniqueProcessId: pid });
  memory.setKnown(table, '_HANDLE_TABLE', {
    HandleCount: entries.length,
    'FreeLists[0].HandleCount': entries.length,
    NextHandleNeedingPool: pages * ENTRIES * 4,
  });
  return table;
}

function writeEntry({ memory, types }: NtGuest, entry: bigint, object: bigint, access: number): void {
  if (types.has('_HANDLE_TABLE_ENTRY', 'ObjectPointerBits')) {
    memory.set(entry, '_HANDLE_TABLE_ENTRY', {
      Unlocked: 1,
      RefCnt: 0x7fff,
      ObjectPointerBits: (object >> 4n) & ((1n << 44n) - 1n),
      GrantedAccessBits: access,
    });
  } else {
    // The lowest bit says that the entry is not locked.
    memory.set(entry, '_HANDLE_TABLE_ENTRY', { Object: object | 1n, GrantedAccess: access });
  }
}
