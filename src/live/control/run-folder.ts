/**
 * The folder `live/` of a store: for each guest that runs, who runs it (`NAME.json`), the socket through which it is
 * controlled (`NAME.sock`) and what it has printed and remarked (`NAME.log`).
 *
 * A name belongs to the living process that claimed it. What a dead one left is swept by whoever claims the name next.
 */
import { existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../core/errors.js';
import { makeFolder } from '../../core/make-folder.js';
import { isAlive, type ProcessIdentity, thisProcess } from '../../snapshots/process-identity.js';
import { checkSeriesName } from '../../snapshots/series-name.js';
import type { SnapshotStore } from '../../snapshots/store.js';

/** What a run says of itself in its file. */
export interface RunRecord extends ProcessIdentity {
  readonly name: string;
  readonly guest: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface ClaimedName {
  /** When it was claimed. */
  readonly since: string;
  /** Gives the name back. */
  release(): void;
}

export interface RunPaths {
  readonly record: string;
  readonly socket: string;
  readonly log: string;
}

export function runFolder(store: string): string {
  return join(store, 'live');
}

export function runPaths(store: string, name: string): RunPaths {
  checkSeriesName(name);
  const file = (extension: string) => join(runFolder(store), `${name}.${extension}`);
  return { record: file('json'), socket: file('sock'), log: file('log') };
}

/**
 * Takes `name` for this process.
 * @throws UserError when another living process has it
 */
export function claimName(store: SnapshotStore, name: string, guest: string): ClaimedName {
  const paths = runPaths(store.folder, name);
  const record: RunRecord = { ...thisProcess(), name, guest, since: new Date().toISOString() };
  // Two that claim at once must not both find the name free: the store's lock is theirs in turn.
  store.exclusively(() => {
    makeFolder(runFolder(store.folder), 0o700);
    const holder = readRecord(paths.record);
    if (holder !== undefined && isAlive(holder)) {
      throw new UserError(
        `'${name}' runs already, as process ${holder.pid}`,
        `give another --name, or end it with \`live stop ${name}\``,
      );
    }
    rmSync(paths.socket, { force: true });
    writeFileSync(paths.record, JSON.stringify(record), { mode: 0o600 });
  });
  const release = () => {
    rmSync(paths.socket, { force: true });
    rmSync(paths.record, { force: true });
  };
  return { since: record.since, release };
}

/** The runs of a store whose processes live, by name. */
export function livingRuns(store: string): RunRecord[] {
  const folder = runFolder(store);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((file) => (file.endsWith('.json') ? (readRecord(join(folder, file)) ?? []) : []))
    .filter(isAlive);
}

/** A log for a run that has not claimed its name yet: `path` becomes the run's log when it has. */
export function openLog(store: string, name: string): { readonly descriptor: number; readonly path: string } {
  makeFolder(runFolder(store), 0o700);
  const path = `${runPaths(store, name).log}-${process.pid}`;
  return { descriptor: openSync(path, 'w', 0o600), path };
}

/** Undefined when there is none, or a process was killed while it wrote it. */
function readRecord(path: string): RunRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as Partial<RunRecord>;
    return typeof record.pid === 'number' && typeof record.started === 'string' ? (record as RunRecord) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
