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

/** The kinds that come and go, and how the truth tells them. None of them changes but by the ids of a process. */
const KINDS: Readonly<Record<string, (truth: Truth) => Named>> = {
  process: (truth) => named(truth.processes.values(), ({ key, name, pid }) => [key, `${name} (pid ${pid})`]),
  // No process of this guest has a second thread.
  thread: (truth) => named(truth.processes.values(), ({ key, name, pid }) => [key, `${name} (pid ${pid}, tid ${pid})`]),
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

export function truthChanges(before: Truth, after: Truth): string[] {
  const found: string[] = [];
  for (const [kind, objects] of Object.entries(KINDS)) {
    const [old, now] = [objects(before), objects(after)];
    for (const [key, name] of old) if (!now.has(key)) found.push(`${kind} vanished ${name}`);
    for (const [key, name] of now) if (!old.has(key)) found.push(`${kind} appeared ${name}`);
  }
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
  return found.sort();
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
