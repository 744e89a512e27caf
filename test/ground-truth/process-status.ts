/**
 * /proc/PID/status: `Key:<tab>value` lines. The fields that results are compared with are typed; the rest stays as text.
 */

/** Real, effective, saved and file-system id, in the order printed. */
export type FourIds = readonly [real: number, effective: number, saved: number, fileSystem: number];

export interface ProcessStatus {
  /** As /proc shows it: untruncated, with a kworker's queue; see taskComm. */
  readonly name: string;
  /** The letter alone: S, I, R, Z, t … */
  readonly state: string;
  readonly tgid: number;
  readonly pid: number;
  readonly ppid: number;
  readonly tracerPid: number;
  readonly uid: FourIds;
  readonly gid: FourIds;
  readonly threads: number;
  /** Inheritable, permitted, effective, bounding and ambient capability sets. */
  readonly capInh: bigint;
  readonly capPrm: bigint;
  readonly capEff: bigint;
  readonly capBnd: bigint;
  readonly capAmb: bigint;
  /** Sizes in KiB by their key (VmSize, VmRSS, RssAnon …); empty for kernel threads and zombies. */
  readonly kibibytes: ReadonlyMap<string, number>;
  /** Every line, as printed. */
  readonly fields: ReadonlyMap<string, string>;
}

export function parseProcessStatus(lines: readonly string[]): ProcessStatus {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 0) throw new Error(`ground truth: unexpected status line "${line}"`);
    fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const text = (key: string): string => {
    const value = fields.get(key);
    if (value === undefined) throw new Error(`ground truth: status without ${key}`);
    return value;
  };
  const ids = (key: string) => text(key).split('\t').map(Number) as unknown as FourIds;
  const mask = (key: string) => BigInt(`0x${text(key)}`);
  const sizes = [...fields].flatMap(([key, value]): [string, number][] => {
    const size = /^(\d+) kB$/.exec(value)?.[1];
    return size === undefined ? [] : [[key, Number(size)]];
  });
  return {
    name: text('Name'),
    state: text('State').charAt(0),
    tgid: Number(text('Tgid')),
    pid: Number(text('Pid')),
    ppid: Number(text('PPid')),
    tracerPid: Number(text('TracerPid')),
    uid: ids('Uid'),
    gid: ids('Gid'),
    threads: Number(text('Threads')),
    capInh: mask('CapInh'),
    capPrm: mask('CapPrm'),
    capEff: mask('CapEff'),
    capBnd: mask('CapBnd'),
    capAmb: mask('CapAmb'),
    kibibytes: new Map(sizes),
    fields,
  };
}
