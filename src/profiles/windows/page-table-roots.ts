/**
 * Page-table roots of an NT kernel that are known before anything else is: from the image's registers, from the record
 * that starts further processors, and from the entry by which NT maps a root into itself.
 *
 * They are hints: who uses them looks whether there is a kernel behind them.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { u32, u64, u64Number } from '../../core/bytes.js';
import type { PagingModeName } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { scanChunks } from '../../memory/scan-chunks.js';

export interface RootHint {
  readonly root: number;
  readonly mode: PagingModeName;
}

/** The boot loader and the first phase of the kernel take their tables from low memory. */
export const LOW_TABLES = 64 * 1024 * 1024;

const LOW_MEMORY = 0x10_0000;
const PRESENT = 1;
/** Present, writable, not a large page. */
const TABLE_BITS = 0x83;
const TABLE_WANTED = 0x03;

/** CR3 of each processor, in every mode that it can mean. */
export function* registerRoots(memory: PhysicalMemory): Generator<RootHint> {
  for (const { cr3, cr4 } of memory.registers) {
    const root = Number(cr3 & 0x000f_ffff_ffff_f000n);
    const pae = cr4 === undefined || (cr4 & 0x20n) !== 0n;
    if (pae) {
      yield { root, mode: '4-level' };
      if (cr3 < 1n << 32n) yield { root: Number(cr3 & ~0x1fn), mode: 'PAE' };
    }
    if (cr3 < 1n << 32n && !(cr4 !== undefined && pae)) yield { root, mode: '32-bit' };
  }
}

/**
 * By the processor start block, which the HAL of amd64 keeps below 1 MiB: a jump and a flag at its start, an address in
 * the kernel at 0x70 and CR3 at 0xa0 (layout public in the HAL's symbols: PROCESSOR_START_BLOCK).
 */
export function* lowStubRoots(memory: PhysicalMemory): Generator<RootHint> {
  const low = new Uint8Array(LOW_MEMORY);
  const length = memory.read(0, low);
  for (let page = PAGE_SIZE; page + PAGE_SIZE <= length; page += PAGE_SIZE) {
    if ((u64(low, page) & 0xffff_ffff_ffff_00ffn) !== 0x1_0006_00e9n) continue;
    if ((u64(low, page + 0x70) & 0xffff_f800_0000_0003n) !== 0xffff_f800_0000_0000n) continue;
    const root = u64Number(low, page + 0xa0);
    if (root % PAGE_SIZE === 0 && root > 0 && root < memory.end) yield { root, mode: '4-level' };
  }
}

/** By what the pages from `start` to `end` look like: a table with an entry that leads back to itself. */
export function* selfMappedRoots(memory: PhysicalMemory, start: number, end: number): Generator<RootHint> {
  for (const { address, bytes } of scanChunks(memory, { start, end })) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    for (let at = 0; at + PAGE_SIZE <= bytes.length; at += PAGE_SIZE) {
      const root = address + at;
      const mode = selfMapped(words, at / 4, root);
      if (mode === 'PAE') yield* pointerTables(memory, bytes.slice(at, at + 32));
      else if (mode !== undefined) yield { root, mode };
    }
  }
}

/** Where NT maps its tables without PAE: 0xc0000000. As an index of 32-bit words, like all below. */
const SELF_INDEX = 0x300;
/** First entry of the upper half of a PML4. */
const UPPER_HALF = 256;

function selfMapped(words: Uint32Array, page: number, root: number): PagingModeName | undefined {
  const low = root % 2 ** 32;
  if (leadsTo(words[page + SELF_INDEX] as number, low)) return '32-bit';
  // The fourth page directory of PAE holds itself behind the other three.
  if (leadsTo(words[page + 6] as number, low) && words[page + 7] === 0 && threeTables(words, page)) return 'PAE';
  const high = Math.floor(root / 2 ** 32);
  for (let entry = page + UPPER_HALF * 2; entry < page + 1024; entry += 2) {
    if (leadsTo(words[entry] as number, low) && ((words[entry + 1] as number) & 0xf_ffff) === high) return '4-level';
  }
  return undefined;
}

/** A present, writable entry for the table in the frame of `root` (its lower 32 bits). */
function leadsTo(entry: number, root: number): boolean {
  return (entry & TABLE_BITS) === TABLE_WANTED && (entry & ~0xfff) >>> 0 === root;
}

function threeTables(words: Uint32Array, page: number): boolean {
  return [0, 2, 4].every((at) => {
    const entry = words[page + at] as number;
    return (entry & TABLE_BITS) === TABLE_WANTED && entry > PAGE_SIZE;
  });
}

/** Where the four page directories that `entries` name stand together as a table of pointers (PDPT), 32-byte aligned. */
function* pointerTables(memory: PhysicalMemory, entries: Uint8Array): Generator<RootHint> {
  const pattern = Buffer.alloc(32);
  for (let at = 0; at < 32; at += 8) pattern.writeUInt32LE(((u32(entries, at) & ~0xfff) | PRESENT) >>> 0, at);
  for (const { address, bytes } of scanChunks(memory, { end: 2 ** 32 })) {
    const window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let hit = window.indexOf(pattern); hit >= 0; hit = window.indexOf(pattern, hit + 1)) {
      if ((address + hit) % 32 === 0) yield { root: address + hit, mode: 'PAE' };
    }
  }
}
