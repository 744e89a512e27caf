/**
 * What the guest of events printed about itself at a moment, as sets of lines by kind: one line an object, all that is
 * compared in it. `rowLines` says the same of what our plugins found, so that both can be compared as wholes.
 */
import type { Row } from '../../src/core/columns.js';
import { parseMaps } from '../ground-truth/mappings.js';
import { parseModules } from '../ground-truth/modules.js';
import { parseMountInfo } from '../ground-truth/mounts.js';
import { parseOpenFiles } from '../ground-truth/open-files.js';
import { taskComm } from '../ground-truth/process-list.js';
import { parseProcessStat } from '../ground-truth/process-stat.js';
import { socketLine, socketLines } from './socket-lines.js';

const NS_PER_TICK = 10_000_000n;

/** Lines of each file of /proc, by its path. */
export type ProcFiles = ReadonlyMap<string, readonly string[]>;

/** Sorts the output of `grep -H "" FILES` and `ls -l FOLDERS` by file and folder. */
export function procFiles(text: string): ProcFiles {
  const files = new Map<string, string[]>();
  let folder: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^(\/proc\/\d+\/fd):$/.exec(line)?.[1];
    const [, path, content = ''] = /^(\/proc\/[^:]+):(.*)$/.exec(line) ?? [];
    if (heading !== undefined) {
      folder = heading;
      files.set(heading, []);
    } else if (path !== undefined) {
      folder = undefined;
      files.set(path, [...(files.get(path) ?? []), content]);
    } else if (folder !== undefined && line !== '') files.get(folder)?.push(line);
  }
  return files;
}

export interface TruthProcess {
  readonly pid: number;
  readonly name: string;
  /** Pid and start: tells it from another that has its number later. */
  readonly key: string;
  /** Real, effective, saved and file system user id. */
  readonly uids: readonly number[];
}

export interface Truth {
  readonly processes: ReadonlyMap<number, TruthProcess>;
  readonly lines: Readonly<Record<Kind, readonly string[]>>;
  readonly files: ProcFiles;
}

export const KINDS = [
  ...(['pslist', 'threads', 'modules', 'mounts', 'handles', 'maps', 'netstat', 'interfaces'] as const),
] as const;
export type Kind = (typeof KINDS)[number];

export function parseTruth(text: string): Truth {
  const files = procFiles(text);
  const lines = (path: string) => files.get(path) ?? [];
  const pids = [...files.keys()].flatMap((path) => /^\/proc\/(\d+)\/stat$/.exec(path)?.[1] ?? []).map(Number);
  const stats = pids.map((pid) => parseProcessStat(lines(`/proc/${pid}/stat`)));
  const ids = (pid: number) => lines(`/proc/${pid}/status`).map((line) => line.split('\t').slice(1).map(Number));
  const threads = [...files.keys()].flatMap((path) => {
    const pid = /^\/proc\/(\d+)\/task\/\d+\/stat$/.exec(path)?.[1];
    return pid === undefined ? [] : [{ process: Number(pid), ...parseProcessStat(lines(path)) }];
  });
  return {
    files,
    processes: new Map(
      stats.map(({ pid, comm, startTicks }) => [
        pid,
        { pid, name: taskComm(comm), key: `${pid}/${startTicks}`, uids: ids(pid)[0] ?? [] },
      ]),
    ),
    lines: {
      pslist: stats.map(({ pid, ppid, pgrp, session, comm, threads, startTicks }) => {
        const [user, group] = ids(pid);
        return [pid, ppid, pgrp, session, taskComm(comm), threads, user?.[1], group?.[1], startTicks].join(' ');
      }),
      threads: threads.map(({ process, pid, comm, startTicks }) =>
        [process, pid, taskComm(comm), startTicks].join(' '),
      ),
      modules: parseModules(lines('/proc/modules')).map(
        ({ name, size, referenceCount, state, address }) => `${name} ${size} ${referenceCount} ${state} ${address}`,
      ),
      mounts: parseMountInfo(lines('/proc/1/mountinfo')).map((mount) =>
        [
          ...[mount.id, mount.parentId, mount.device, mount.root, mount.target, mount.options],
          ...[mount.type, mount.source, mount.superOptions],
        ].join(' '),
      ),
      handles: pids.flatMap((pid) =>
        parseOpenFiles(lines(`/proc/${pid}/fd`)).map(({ fd, target, mode }) => {
          const access = `${mode[1] === 'r' ? 'r' : ''}${mode[2] === 'w' ? 'w' : ''}`;
          return `${pid} ${fd} ${target} ${access}`;
        }),
      ),
      maps: pids.flatMap((pid) =>
        parseMaps(lines(`/proc/${pid}/maps`)).map((area) =>
          [pid, area.start, area.end, area.protection, area.offset, area.device, area.inode, area.path].join(' '),
        ),
      ),
      netstat: socketLines((file) => lines(`/proc/net/${file}`)),
      interfaces: lines('/proc/net/dev').flatMap((line) => /^ *([^ |:]+):/.exec(line)?.[1] ?? []),
    },
  };
}

/** How a row of each plugin is said in a line like the truth's; undefined for rows that the truth has no file for. */
const LINES: Readonly<Record<Kind, (row: Row) => string | undefined>> = {
  pslist: (row) => {
    const ticks = (row.sinceBoot as bigint) / NS_PER_TICK;
    const { pid, ppid, group, session, name, threads, uid, gid } = row;
    return [pid, ppid, group ?? 0, session ?? 0, name, threads, uid, gid, ticks].join(' ');
  },
  threads: ({ pid, tid, name, sinceBoot }) => [pid, tid, name, (sinceBoot as bigint) / NS_PER_TICK].join(' '),
  modules: ({ name, size, references, state, base }) => `${name} ${size} ${references} ${state} ${base}`,
  mounts: (row) =>
    [
      ...[row.id, row.parentId, row.device, row.root, row.mountPoint, row.options],
      ...[row.fsType, row.source, row.superOptions],
    ].join(' '),
  handles: ({ pid, handle, name, access }) => `${pid} ${handle} ${name} ${access}`,
  maps: (row) =>
    [row.pid, row.start, row.end, row.protection, row.offset, row.device, row.inode, row.path ?? ''].join(' '),
  netstat: socketLine,
  interfaces: ({ name }) => String(name),
};

/** A row that is in the namespaces of the first process, of kinds that have namespaces. */
const OWN: { readonly [K in Kind]?: (row: Row) => boolean } = {
  mounts: ({ pid }) => pid === 1,
  // The first network namespace is told first.
  netstat: () => true,
  interfaces: () => true,
};

export function rowLines(kind: Kind, rows: readonly Row[]): string[] {
  // The guest said what there is where its first process is.
  const own = rows.find(OWN[kind] ?? (() => false))?.namespace;
  const told = own === undefined ? rows : rows.filter(({ namespace }) => namespace === own);
  return told.flatMap((row) => LINES[kind](row) ?? []);
}
