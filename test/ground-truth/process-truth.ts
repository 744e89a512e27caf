/**
 * Everything the guest printed about one process. Kernel threads and zombies have stat, status, cmdline and comm only;
 * what was not printed is undefined, which is not the same as empty.
 */
import { parseHexDump, splitNul } from './hex-dump.js';
import { lazySections, type Printed } from './lazy-sections.js';
import { parseMaps, parseSmaps } from './mappings.js';
import { parseMountInfo } from './mounts.js';
import { parseNamespaces, parseOpenFileInfo, parseOpenFiles } from './open-files.js';
import { type ProcessStat, parseProcessStat } from './process-stat.js';
import { parseProcessStatus } from './process-status.js';
import type { Sections } from './sections.js';

const firstLine = (lines: readonly string[]): string => lines[0] ?? '';
const strings = (lines: readonly string[]): string[] => splitNul(parseHexDump(lines));

const processTable = {
  stat: ['stat', parseProcessStat],
  status: ['status', parseProcessStatus],
  /** Arguments; empty for kernel threads. */
  cmdline: ['cmdline', strings],
  comm: ['comm', firstLine],
  /** Link targets, with ` (deleted)` where printed. */
  exe: ['exe', firstLine],
  cwd: ['cwd', firstLine],
  root: ['root', firstLine],
  environ: ['environ', strings],
  maps: ['maps', parseMaps],
  smaps: ['smaps', parseSmaps],
  fds: ['fd', parseOpenFiles],
  fdinfo: ['fdinfo', parseOpenFileInfo],
  mountinfo: ['mountinfo', parseMountInfo],
  namespaces: ['ns', parseNamespaces],
} as const;

type Always = 'stat' | 'status' | 'cmdline' | 'comm';

export type ProcessTruth = Omit<Printed<typeof processTable>, Always> & {
  readonly [Key in Always]: NonNullable<Printed<typeof processTable>[Key]>;
} & {
  readonly pid: number;
  /** The stat of each thread by ascending thread id, the leader included; undefined for kernel threads and zombies. */
  readonly threads: readonly ProcessStat[] | undefined;
};

const SECTION = /^proc\/(\d+)\/(?:task\/(\d+)\/)?/;

/** The processes of a ground truth by process id, ascending. */
export function parseProcesses(sections: Sections): ReadonlyMap<number, ProcessTruth> {
  const threadIds = new Map<number, number[]>();
  for (const name of sections.keys()) {
    const [matched, pidText, tid] = SECTION.exec(name) ?? [];
    if (matched === undefined) continue;
    const pid = Number(pidText);
    const ids = threadIds.get(pid) ?? [];
    threadIds.set(pid, ids);
    if (tid !== undefined) ids.push(Number(tid));
  }
  const byPid = [...threadIds].sort(([a], [b]) => a - b);
  return new Map(byPid.map(([pid, ids]) => [pid, processTruth(sections, pid, ids)]));
}

function processTruth(sections: Sections, pid: number, threadIds: readonly number[]): ProcessTruth {
  const linesOf = (section: string): readonly string[] | undefined => sections.get(`proc/${pid}/${section}`);
  const threadTable = Object.fromEntries(
    threadIds.map((tid) => [tid, [`task/${tid}/stat`, parseProcessStat] as const]),
  );
  const threads = threadIds.length > 0 ? lazySections(threadTable, linesOf) : undefined;
  const process = lazySections(processTable, linesOf);
  return Object.defineProperties(process, {
    pid: { enumerable: true, value: pid },
    // Integer keys enumerate in ascending order.
    threads: { enumerable: true, get: () => threads && Object.values(threads) },
  }) as ProcessTruth;
}
