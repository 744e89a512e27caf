/** The facts about one process that several plugins show: ids, name, times, counts. */
import type { StructView } from '../struct-view.js';
import { unixTime } from './times.js';

/** Identifies the process: what it is called, whose child it is. */
export function processName(process: StructView): string | undefined {
  return process.text('ImageFileName');
}

export function processId(process: StructView): number | undefined {
  return process.num('UniqueProcessId');
}

/**
 * Number of the session that the process is in; undefined for those without (System, and the one that makes sessions)
 * and where the session's memory is unreadable.
 */
export function sessionId(process: StructView): number | undefined {
  // Since 26100 it leads to a structure that nothing public describes.
  if (!process.has('Session')) return undefined;
  return process.follow('Session', '_MM_SESSION_SPACE')?.num('SessionId');
}

/** What process lists show. */
export function processFacts(process: StructView) {
  return {
    pid: processId(process),
    ppid: process.num('InheritedFromUniqueProcessId'),
    name: processName(process),
    threads: process.num('ActiveThreads'),
    handles: process.follow('ObjectTable')?.num('HandleCount'),
    session: sessionId(process),
    createTime: unixTime(process.big('CreateTime.QuadPart')),
    exitTime: unixTime(process.big('ExitTime.QuadPart')),
    offset: process.address,
  };
}
