/**
 * The changes between two moments by the guest's own account: what a comparison of its memory has to tell, all of it and
 * nothing else. One line a change, as `changeLine` writes ours.
 */
import type { Change } from '../../src/analysis/changes/compare-objects.js';
import { parseInetSockets } from '../ground-truth/inet-sockets.js';
import { parseMaps } from '../ground-truth/mappings.js';
import { parseModules } from '../ground-truth/modules.js';
import { parseMountInfo } from '../ground-truth/mounts.js';
import { parseOpenFiles } from '../ground-truth/open-files.js';
import type { Truth, TruthProcess } from './event-truth.js';

export function changeLine({ kind, change, object, field, before, after }: Change): string {
  return `${kind} ${change} ${object}${field === undefined ? '' : ` ${field} ${before} ${after}`}`;
}

/** Objects by what tells them from others, with what they are called. */
type Named = Map<string, string>;

/** The kinds that come and go, and how the truth tells them. */
const KINDS: Readonly<Record<string, (truth: Truth) => Named>> = {
  process: (truth) => named(truth.processes.values(), ({ key, name, pid }) => [key, `${name} (pid ${pid})`]),
  thread: ({ lines }) =>
    named(lines.threads, (line) => {
      const [, pid, tid, name] = /^(\d+) (\d+) (.*) \d+$/.exec(line) ?? [];
      return [line, `${name} (pid ${pid}, tid ${tid})`];
    }),
  module: ({ files }) => named(parseModules(files.get('/proc/modules') ?? []), ({ name }) => [name, name]),
  handle: (truth) =>
    ofProcesses(truth, 'fd', parseOpenFiles, (process, { fd, target }) => [
      `${process.key} ${fd} ${target}`,
      `${process.name} (pid ${process.pid}) fd ${fd} ${target}`,
    ]),
  mapping: (truth) =>
    ofProcesses(truth, 'maps', parseMaps, (process, { start, path }) => [
      `${process.key} ${start}`,
      `${process.name} (pid ${process.pid}) 0x${start.toString(16)} ${path}`.trimEnd(),
    ]),
  socket: ({ files }) =>
    new Map(
      ['tcp', 'tcp6', 'udp'].flatMap((protocol) =>
        parseInetSockets(files.get(`/proc/net/${protocol}`) ?? []).map((socket) => [
          `${protocol} ${socket.inode}`,
          `${protocol} ${socket.localAddress}:${socket.localPort} ${socket.remoteAddress}:${socket.remotePort}`,
        ]),
      ),
    ),
  mount: ({ files }) =>
    named(parseMountInfo(files.get('/proc/1/mountinfo') ?? []), ({ id, source, target }) => [
      String(id),
      `${source} on ${target}`,
    ]),
  'file system': ({ files }) =>
    named(parseMountInfo(files.get('/proc/1/mountinfo') ?? []), ({ device, type }) => [device, `${type} ${device}`]),
  interface: ({ lines }) => named(lines.interfaces, (name) => [name, name]),
};

const UIDS = ['uid', 'euid', 'suid', 'fsuid'] as const;

/** @param kinds of objects that are told */
export function truthChanges(before: Truth, after: Truth, kinds: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const [kind, objects] of Object.entries(KINDS)) {
    if (!kinds.has(kind)) continue;
    const [old, now] = [objects(before), objects(after)];
    for (const [key, name] of old) if (!now.has(key)) found.push(`${kind} vanished ${name}`);
    for (const [key, name] of now) if (!old.has(key)) found.push(`${kind} appeared ${name}`);
  }
  found.push(...idChanges(before, after), ...moduleChanges(before, after));
  return found.sort();
}

function idChanges(before: Truth, after: Truth): string[] {
  const found: string[] = [];
  for (const process of after.processes.values()) {
    const old = before.processes.get(process.pid);
    if (old?.key !== process.key) continue;
    const title = `${process.name} (pid ${process.pid})`;
    UIDS.forEach((name, index) => {
      const [was, is] = [old.uids[index], process.uids[index]];
      if (was === is) return;
      found.push(`credentials changed ${title} ${name} ${was} ${is}`);
      if (name === 'euid') found.push(`process changed ${title} uid ${was} ${is}`);
    });
  }
  return found;
}

function moduleChanges(before: Truth, after: Truth): string[] {
  const modules = ({ files }: Truth) => parseModules(files.get('/proc/modules') ?? []);
  const old = new Map(modules(before).map((module) => [module.name, module]));
  return modules(after).flatMap(({ name, referenceCount, usedBy }) => {
    const was = old.get(name);
    if (was === undefined) return [];
    const changed = (field: string, from: unknown, to: unknown) =>
      String(from) === String(to) ? [] : [`module changed ${name} ${field} ${from} ${to}`];
    return [...changed('references', was.referenceCount, referenceCount), ...changed('usedBy', was.usedBy, usedBy)];
  });
}

function named<T>(objects: Iterable<T>, name: (object: T) => [key: string, name: string]): Named {
  return new Map([...objects].map(name));
}

function ofProcesses<T>(
  { processes, files }: Truth,
  file: string,
  parse: (lines: readonly string[]) => T[],
  name: (process: TruthProcess, object: T) => [key: string, name: string],
): Named {
  const all = [...processes.values()].flatMap((process) =>
    parse(files.get(`/proc/${process.pid}/${file}`) ?? []).map((object) => name(process, object)),
  );
  return new Map(all);
}
