/**
 * The sections printed by busybox's ps: `ps`, `psT` and `psfinal`. busybox pads each column to a width of its own and
 * cuts the last one at the terminal's width, so `args` is a prefix in the wider listings.
 */

/** One row; columns that a listing does not have are undefined. */
export interface ProcessRow {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid?: number;
  readonly sid?: number;
  readonly user?: string;
  readonly group?: string;
  /** As /proc shows it, cut to 15 characters: a kworker carries the name of its work queue, see taskComm. */
  readonly comm: string;
  readonly args: string;
}

interface Column {
  readonly key: keyof ProcessRow;
  readonly pattern: string;
}

/** Columns by their heading (busybox, procps/ps.c); COMMAND comes twice, comm first. */
const columnsByHeading: Readonly<Record<string, Column>> = {
  PID: { key: 'pid', pattern: ' *\\d+' },
  PPID: { key: 'ppid', pattern: ' *\\d+' },
  PGID: { key: 'pgid', pattern: ' *\\d+' },
  SID: { key: 'sid', pattern: ' *\\d+' },
  USER: { key: 'user', pattern: '\\S+ *' },
  GROUP: { key: 'group', pattern: '\\S+ *' },
};
const comm: Column = { key: 'comm', pattern: '.{16}' };
const args: Column = { key: 'args', pattern: '.*' };
const numericKeys: ReadonlySet<string> = new Set(['pid', 'ppid', 'pgid', 'sid']);

/** Rows of a ps section, heading line first. Throws on an unknown heading or a row of another shape. */
export function parseProcessList(lines: readonly string[]): ProcessRow[] {
  const [heading = '', ...rows] = lines;
  const names = heading.trim().split(/\s+/);
  const columns = names.map((name, index) => {
    if (name === 'COMMAND') return index === names.length - 1 ? args : comm;
    const column = columnsByHeading[name];
    if (column === undefined) throw new Error(`ground truth: unknown ps column ${name}`);
    return column;
  });
  const shape = new RegExp(`^${columns.map(({ key, pattern }) => `(?<${key}>${pattern})`).join(' ')}$`);
  return rows.map((line) => {
    const groups = shape.exec(line)?.groups;
    if (groups === undefined) throw new Error(`ground truth: unexpected ps row "${line}"`);
    const entries = columns.map(({ key }) => {
      const text = groups[key]!.trim();
      return [key, numericKeys.has(key) ? Number(text) : text];
    });
    return Object.fromEntries(entries) as ProcessRow;
  });
}

/**
 * The name in task_struct.comm for a name that /proc showed. /proc appends `+queue` or `-queue` to a kworker's
 * (kernel/workqueue.c, wq_worker_comm) and knows kernel threads' untruncated names (kernel/kthread.c, get_kthread_comm, from 5.17);
 * the field holds 15 characters.
 */
export function taskComm(shown: string): string {
  return shown.replace(/^(kworker\/u?\d+:\d+H?)[-+].*$/, '$1').slice(0, 15);
}
