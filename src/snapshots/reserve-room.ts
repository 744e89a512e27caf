/**
 * Makes sure that the disk has room for what a transaction is about to write, before the database writes it: a full
 * disk is then an error of ours, where LMDB would print lines of its own and have to be rolled back.
 *
 * The file is extended by zeros, which take real blocks; LMDB writes over them. Pages that are free inside of the file
 * count as room, too.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreTables } from './store-database.js';
import { STORE_FILE } from './store-layout.js';

/** What the trees of a transaction take beside its records. */
const TREES = 256 * 1024;
const ZEROS = Buffer.alloc(1024 * 1024);
/** LMDB's two pages of its own at the start of the file. */
const META_PAGES = 2;

/** What `getStats` of lmdb-js says of a tree, and of the file. */
interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}
interface FileStats extends TreeStats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly free: TreeStats;
}

const pagesOf = ({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number =>
  treeBranchPageCount + treeLeafPageCount + overflowPages;

/**
 * To be called inside a write transaction, before its first change: nobody else then grows the file.
 * @param bytes that the transaction's records take at most
 * @throws Error of the system (ENOSPC, EDQUOT, EFBIG) when there is no room
 */
export function reserveRoom(tables: StoreTables, folder: string, bytes: number): void {
  const stats = tables.root.getStats() as FileStats;
  const wanted = (stats.lastPageNumber + 1) * stats.pageSize + bytes + TREES;
  const file = openSync(join(folder, STORE_FILE), 'r+');
  try {
    const { size } = fstatSync(file);
    try {
      for (let at = size; at < wanted; ) at += writeSync(file, ZEROS, 0, Math.min(ZEROS.length, wanted - at), at);
    } catch (error) {
      // What was extended in vain is given back: nothing of the database lies there.
      ftruncateSync(file, size);
      if (freeInside(tables, stats) < bytes + TREES) throw error;
    }
  } finally {
    closeSync(file);
  }
}

/** Bytes of the file that no tree uses. A part of them may still be seen by readers. */
function freeInside(tables: StoreTables, stats: FileStats): number {
  const { packs, digests, leaves, roots, manifests, meta, series, tags, pins } = tables;
  const trees = [packs, digests, leaves, roots, manifests, meta, series, tags, pins];
  const used = trees.reduce((sum, table) => sum + pagesOf(table.getStats() as TreeStats), 0);
  return (stats.lastPageNumber + 1 - used - pagesOf(stats) - pagesOf(stats.free) - META_PAGES) * stats.pageSize;
}

/** The most that writing `count` records at random places of `table` can take: each rewrites a page of the tree. */
export function scatteredRoom(table: { getStats(): unknown }, count: number, bytes: number): number {
  const { treeLeafPageCount, pageSize } = table.getStats() as FileStats;
  return Math.min(count, treeLeafPageCount) * pageSize + count * bytes;
}
