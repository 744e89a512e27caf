/**
 * The descriptors of a process: /proc/PID/fd as `ls -l` shows it, /proc/PID/fdinfo, and the namespace links of
 * /proc/PID/ns, which are listed in the same way.
 */
import { matchLine } from './match-line.js';

export interface OpenFile {
  readonly fd: number;
  /** What the link says: a path (with ` (deleted)`), `pipe:[11185]`, `socket:[11197]`, `anon_inode:[eventpoll]` … */
  readonly target: string;
  /** Permission letters of the link: the owner's tell how the file was opened (`lrwx------`, `lr-x------`). */
  readonly mode: string;
}

export interface OpenFileInfo {
  readonly fd: number;
  readonly position: number;
  /** open(2) flags with FMODE-derived bits, as printed in octal. */
  readonly flags: number;
  readonly mountId: number;
  readonly inode: number;
  /** Lines of the file's own kind (eventfd-count, tfd, inotify …), as printed. */
  readonly details: readonly string[];
}

const LINK = /^(?<mode>l\S{9}) +\d+ \S+ +\S+ +\d+ \w{3} +\d+ +[\d:]+ (?<name>.+?) -> (?<target>.*)$/;

function parseLinks(lines: readonly string[]): Record<'mode' | 'name' | 'target', string>[] {
  const links = lines.filter((line) => !line.startsWith('total '));
  return links.map((line) => matchLine(line, LINK, 'mode', 'name', 'target'));
}

/** Descriptors in ascending order (ls sorts them as text). */
export function parseOpenFiles(lines: readonly string[]): OpenFile[] {
  const files = parseLinks(lines).map(({ mode, name, target }) => ({ fd: Number(name), target, mode }));
  return files.sort((a, b) => a.fd - b.fd);
}

/** Inode number of each namespace, by the link's name (`mnt`, `pid_for_children` …). */
export function parseNamespaces(lines: readonly string[]): Map<string, number> {
  return new Map(
    parseLinks(lines).map(({ name, target }) => {
      const { inode } = matchLine(target, /^\w+:\[(?<inode>\d+)\]$/, 'inode');
      return [name, Number(inode)];
    }),
  );
}

/** In ascending order of descriptors. */
export function parseOpenFileInfo(lines: readonly string[]): OpenFileInfo[] {
  const files: { fd: number; values: Map<string, string>; details: string[] }[] = [];
  for (const line of lines) {
    const fd = /^fd (\d+)$/.exec(line)?.[1];
    const current = files.at(-1);
    if (fd !== undefined) files.push({ fd: Number(fd), values: new Map(), details: [] });
    else if (current === undefined) throw new Error(`ground truth: fdinfo begins with "${line}"`);
    else {
      const common = /^(pos|flags|mnt_id|ino):\t(\d+)$/.exec(line);
      if (common) current.values.set(common[1]!, common[2]!);
      else current.details.push(line);
    }
  }
  return files
    .map(({ fd, values, details }) => {
      const value = (key: string, radix: number) => Number.parseInt(values.get(key) ?? '', radix);
      const position = value('pos', 10);
      return { fd, position, flags: value('flags', 8), mountId: value('mnt_id', 10), inode: value('ino', 10), details };
    })
    .sort((a, b) => a.fd - b.fd);
}
