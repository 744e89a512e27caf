/**
 * The database of a store: which tables it has, how it is opened, and what its failures mean to the user.
 *
 * It knows nothing of snapshots beyond the tables' names.
 */
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { UserError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import { checkStoreFile } from './check-store-file.js';
import type { PagePack } from './page-pack.js';
import { LimitedHolders, RecordCache } from './record-cache.js';
import { reserveRoom } from './reserve-room.js';
import { STORE_FILE, STORE_VERSION } from './store-layout.js';

export type Frames = Uint32Array<ArrayBuffer>;
export type SnapshotKey = [series: string, number: number];

export interface StoreTables {
  /** Unpacked packs: at most 64 MiB. */
  readonly packCache: RecordCache<PagePack | undefined>;
  /** Decoded leaves, not to be written to: at most 4 MiB. */
  readonly leafCache: RecordCache<Frames>;
  /** Snapshots whose page tables are in memory. */
  readonly loaded: LimitedHolders;
  readonly root: RootDatabase<Buffer, string>;
  /** `version`, counters. */
  readonly meta: Database<number, string>;
  /** Pack number -> pages (page-pack.ts), LZ4. */
  readonly packs: Database<Buffer, number>;
  /** Digest -> page id. */
  readonly digests: Database<Buffer, Buffer>;
  /** Leaf id -> 64 page ids, sealed. */
  readonly leaves: Database<Buffer, number>;
  /** Snapshot -> leaf ids, sealed. */
  readonly roots: Database<Buffer, SnapshotKey>;
  /** Snapshot -> manifest (JSON), sealed. */
  readonly manifests: Database<Buffer, SnapshotKey>;
  /** Series -> the number that its next snapshot gets. */
  readonly series: Database<number, string>;
  /** [series, tag] -> number of the snapshot. */
  readonly tags: Database<number, [string, string]>;
  /** Who is writing a snapshot just now: collect-garbage.ts waits for them. */
  readonly pins: Database<{ pid: number; started: string; series: string }, string>;
}

const PACKS_KEPT = 1024;
const LEAVES_KEPT = 16_384;
/** More than anything compares at a time. One takes up to 24 KiB for each 256 MiB of a guest. */
const PAGE_TABLES_KEPT = 8;

/** lmdb-js: abortable, visible when the call returns, and on disk (or left to the system). */
const ABORTABLE = 1;
const SYNCHRONOUS = 2;
const NO_FLUSH = 0x1_0000;

/** Opens the database in `folder`. Throws `UserError` when there is none (unless `create`) or it is unusable. */
export function openDatabase(folder: string, create: boolean): StoreTables {
  const path = join(folder, STORE_FILE);
  if (!create && !existsSync(path)) {
    throw new UserError(`there is no snapshot store in ${folder}`, 'name its folder with --store or MEMLAPSE_STORE');
  }
  return storing(folder, () => {
    makeFolder(folder, 0o700);
    checkStoreFile(path);
    const root = open<Buffer, string>({ path, noSubdir: true, maxDbs: 16, encoding: 'binary', maxReaders: 126 });
    const binary = { encoding: 'binary' } as const;
    const uint32 = { keyEncoding: 'uint32' } as const;
    const tables: StoreTables = {
      packCache: new RecordCache(PACKS_KEPT),
      leafCache: new RecordCache(LEAVES_KEPT),
      loaded: new LimitedHolders(PAGE_TABLES_KEPT),
      root,
      meta: root.openDB({ name: 'meta', encoding: 'json' }),
      packs: root.openDB({ name: 'packs', ...binary, ...uint32, compression: true }),
      digests: root.openDB({ name: 'digests', ...binary, keyEncoding: 'binary' }),
      leaves: root.openDB({ name: 'leaves', ...binary, ...uint32 }),
      roots: root.openDB({ name: 'roots', ...binary, compression: true }),
      manifests: root.openDB({ name: 'manifests', ...binary }),
      series: root.openDB({ name: 'series', encoding: 'json' }),
      tags: root.openDB({ name: 'tags', encoding: 'json' }),
      pins: root.openDB({ name: 'pins', encoding: 'json' }),
    };
    const version = tables.meta.get('version');
    if (version === undefined) root.transactionSync(() => tables.meta.putSync('version', STORE_VERSION));
    else if (version !== STORE_VERSION) {
      throw new UserError(`${path} is a store of version ${version}, this is made for ${STORE_VERSION}`);
    }
    return tables;
  });
}

/**
 * Runs `action` in one transaction, all or nothing. `flush`: on disk when this returns. `room`: bytes of records that it
 * will write at most, which are made sure of first.
 */
export function inTransaction<T>(
  tables: StoreTables,
  folder: string,
  flush: boolean,
  action: () => T,
  room: () => number = () => 0,
): T {
  const flags = ABORTABLE | SYNCHRONOUS | (flush ? 0 : NO_FLUSH);
  return storing(folder, () =>
    tables.root.transactionSync(() => {
      const bytes = room();
      if (bytes > 0) reserveRoom(tables, folder, bytes);
      return action();
    }, flags),
  );
}

type Cause = readonly [pattern: RegExp, what: string, hint: string];

const FULL: Cause = [/ENOSPC|No space left/i, 'the disk is full', 'free some space; every finished snapshot is intact'];

const CAUSES: readonly Cause[] = [
  FULL,
  [/EDQUOT|quota/i, 'the disk quota is used up', 'free some space; every finished snapshot is intact'],
  [/EFBIG|File too large/i, 'the file would grow too large', 'raise the limit; every finished snapshot is intact'],
  [/MAP_FULL/i, 'the database cannot grow', 'remove snapshots and run `snapshot gc`'],
  [/EACCES|EPERM|Permission denied/i, 'access is denied', 'name another folder with --store'],
  [/EEXIST|ENOTDIR|EISDIR/, 'it is no folder that a store can be in', 'name another one with --store'],
  [/ENOENT|ENAMETOOLONG/, 'the folder cannot be made', 'name another one with --store'],
  [/EROFS|Read-only/i, 'the file system is read-only', 'name another folder with --store'],
  [/EIO|Input\/output/i, 'it cannot be written to: the disk fails, or a limit on files is reached', 'see to the disk'],
  [
    /MDB_(INVALID|CORRUPTED|VERSION|PAGE_NOTFOUND|BAD)/,
    'the database is damaged',
    'bring its file back from a copy; `snapshot verify` names what can still be told',
  ],
];

/** Runs `action`; a failure of the system under it becomes a `UserError`. */
export function storing<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw storageError(folder, cause);
  }
}

/** LMDB says EIO when the system took a part of what it was given to write; full disks do that. */
function isShortWrite(text: string): boolean {
  return /EIO|Input\/output/i.test(text);
}

/** What a batch of pages needs at most. */
const ROOM = 8 * 1024 * 1024;

function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < ROOM;
}

/** The `UserError` that `cause` means, or `cause` itself when the store has no say in it. */
export function storageError(folder: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof UserError) return cause;
  const text = `${(cause as NodeJS.ErrnoException).code ?? ''} ${cause.message}`;
  const known = isShortWrite(text) && isFull(folder) ? FULL : CAUSES.find(([pattern]) => pattern.test(text));
  return known === undefined ? cause : new UserError(`the store in ${folder}: ${known[1]}`, known[2]);
}
