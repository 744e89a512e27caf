/**
 * A directory of blobs under keys, bounded in size: what was derived once from an image or a symbol file.
 *
 * Several processes may use it at once: an entry is written under another name and renamed, and read back only if its
 * checksum holds. It is a cache and nothing more: whatever goes wrong with it (no home, disk full, a damaged entry) means
 * that the entry is not there.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.js';

/** Changes whenever what is stored changes its form; old entries then are simply never asked for. */
const MAGIC = Buffer.from('memlapse cache 1\n', 'latin1');
const DIGEST_BYTES = 20;
const SUFFIX = '.blob';
const DEFAULT_LIMIT = 256 * 1024 * 1024;
/** A writer that was killed leaves its temporary file; after this many milliseconds nobody writes it any more. */
const ABANDONED = 60 * 60 * 1000;

export class BlobCache {
  readonly #directory: string | undefined;
  readonly #limit: number;

  /** @param limit bytes that all entries together may take */
  constructor(directory: string | undefined = cacheDirectory(), limit: number = DEFAULT_LIMIT) {
    this.#directory = directory;
    this.#limit = limit;
  }

  /** False when the user wants no cache. */
  get isOn(): boolean {
    return this.#directory !== undefined;
  }

  /** What was put under `key`; undefined when there is nothing, or nothing whole. */
  get(key: string): Buffer | undefined {
    const path = this.#path(key);
    const file = path === undefined ? undefined : unlessFailing(() => readFileSync(path));
    if (path === undefined || file === undefined) return undefined;
    const blob = file.subarray(MAGIC.length + DIGEST_BYTES);
    const whole =
      file.subarray(0, MAGIC.length).equals(MAGIC) &&
      file.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES).equals(digest(key, blob));
    if (!whole) {
      unlessFailing(() => rmSync(path, { force: true }));
      return undefined;
    }
    const now = new Date();
    unlessFailing(() => utimesSync(path, now, now));
    return blob;
  }

  /** Stores `blob` under `key`, and removes what was not used for longest when all together is too large. */
  put(key: string, blob: Uint8Array): void {
    const directory = this.#directory;
    const path = this.#path(key);
    if (directory === undefined || path === undefined || blob.length > this.#limit / 2) return;
    unlessFailing(() => {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const partial = join(directory, `${randomUUID()}.partial`);
      try {
        writeFileSync(partial, Buffer.concat([MAGIC, digest(key, blob), blob]), { mode: 0o600 });
        renameSync(partial, path);
      } finally {
        rmSync(partial, { force: true });
      }
      this.#evict(directory);
    });
  }

  #path(key: string): string | undefined {
    if (this.#directory === undefined) return undefined;
    return join(this.#directory, createHash('sha1').update(key).digest('hex') + SUFFIX);
  }

  #evict(directory: string): void {
    const entries = readdirSync(directory)
      .map((name) => ({
        path: join(directory, name),
        name,
        stat: unlessFailing(() => statSync(join(directory, name))),
      }))
      .filter(({ stat }) => stat !== undefined)
      .map(({ path, name, stat }) => ({ path, name, size: stat?.size ?? 0, used: stat?.mtimeMs ?? 0 }));
    const abandoned = entries.filter(({ name, used }) => name.endsWith('.partial') && Date.now() - used > ABANDONED);
    const blobs = entries.filter(({ name }) => name.endsWith(SUFFIX)).toSorted((a, b) => b.used - a.used);
    let total = 0;
    const old = blobs.filter(({ size }) => {
      total += size;
      return total > this.#limit;
    });
    for (const { path } of [...abandoned, ...old]) unlessFailing(() => rmSync(path, { force: true }));
  }
}

/** The key is part of it, so that a renamed or colliding file is not taken for another's entry. */
function digest(key: string, blob: Uint8Array): Buffer {
  return createHash('sha1').update(`${key.length} ${key}`).update(blob).digest();
}

/** The result of `action`; undefined when the operating system refuses it. */
function unlessFailing<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
