import { expect, it } from 'vitest';
import { rhashtableEntries } from '../../../src/objects/linux/rhashtable.js';
import { StructView } from '../../../src/objects/struct-view.js';
import { SyntheticMemory } from '../synthetic-memory.js';

const LAYOUT = {
  rhashtable: { size: 136, fields: { tbl: [0, '*bucket_table'] } },
  bucket_table: {
    size: 64,
    fields: { size: [0, 'u32'], nest: [4, 'u32'], future_tbl: [48, '*bucket_table'], buckets: [64, 'pointer', 0] },
  },
  thing: { size: 32, fields: { node: [8, 'pointer'] } },
} as const;

const TABLE = 0xffff_8880_0000_1000n;
const FUTURE = 0xffff_8880_0000_2000n;
const HASH = 0xffff_8880_0000_3000n;
const PAGE_A = 0xffff_8880_0001_0000n;
const PAGE_B = 0xffff_8880_0002_0000n;
const THINGS = 0xffff_8880_0010_0000n;

/** Chains things by the address of their `node`; an odd mark ends a chain. */
function chain(memory: SyntheticMemory, head: bigint, ...things: number[]): void {
  const node = (thing: number) => THINGS + BigInt(thing * 32) + 8n;
  const links = [head, ...things.map(node)];
  for (const [at, link] of links.entries()) memory.put(link, links[at + 1] ?? 0x55n);
}

function things(memory: SyntheticMemory): number[] {
  const table = new StructView(memory, 'rhashtable', HASH);
  const found = [...rhashtableEntries(memory, table, 'thing', 'node')];
  return found.map(({ address }) => Number(address - THINGS) / 32);
}

function emptyTable(memory: SyntheticMemory, at: bigint, size: number, nest: number): void {
  memory.put(at, BigInt(size), 4);
  memory.put(at + 4n, BigInt(nest), 4);
  memory.put(at + 48n, 0n);
}

it('walks the buckets of both tables while the table is being resized', () => {
  const memory = new SyntheticMemory(LAYOUT);
  memory.put(HASH, TABLE);
  emptyTable(memory, TABLE, 4, 0);
  chain(memory, TABLE + 64n + 8n, 1, 2);
  chain(memory, TABLE + 64n + 24n, 3);
  memory.put(TABLE + 48n, FUTURE);
  emptyTable(memory, FUTURE, 8, 0);
  chain(memory, FUTURE + 64n + 56n, 4);
  expect(things(memory)).toEqual([1, 2, 3, 4]);
});

it('walks nested tables, made when memory was short', () => {
  const memory = new SyntheticMemory(LAYOUT);
  memory.put(HASH, TABLE);
  // 1024 buckets: a first page of 2 slots (nest 1), each leading to a page of 512.
  emptyTable(memory, TABLE, 1024, 1);
  memory.put(TABLE + 64n, PAGE_A);
  memory.put(PAGE_A + 8n, PAGE_B);
  chain(memory, PAGE_B + 16n, 7, 8);
  expect(things(memory)).toEqual([7, 8]);
});
