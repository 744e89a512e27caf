/**
 * /proc/mounts (the mount namespace of init) and /proc/PID/mountinfo (that of one process).
 */
import { matchLine, unescapeOctal } from './match-line.js';

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

export interface MountInfo extends Mount {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor`, decimal. */
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  /** Propagation: `shared:2`, `master:1` … */
  readonly propagation: readonly string[];
  readonly superOptions: readonly string[];
}

export function parseMounts(lines: readonly string[]): Mount[] {
  const shape = /^(?<source>\S+) (?<target>\S+) (?<type>\S+) (?<options>\S+) \d+ \d+$/;
  return lines.map((line) => {
    const row = matchLine(line, shape, 'source', 'target', 'type', 'options');
    return {
      source: unescapeOctal(row.source),
      target: unescapeOctal(row.target),
      type: row.type,
      options: row.options.split(','),
    };
  });
}

const INFO = new RegExp(
  [
    '^(?<id>\\d+) (?<parent>\\d+) (?<device>\\S+) (?<root>\\S+) (?<target>\\S+) (?<options>\\S+)',
    '(?<propagation>(?: \\S+)*?) - (?<type>\\S+) (?<source>\\S+) (?<superOptions>\\S+)$',
  ].join(''),
);

export function parseMountInfo(lines: readonly string[]): MountInfo[] {
  return lines.map((line) => {
    const row = matchLine(
      line,
      INFO,
      ...(['id', 'parent', 'device', 'root', 'target', 'options'] as const),
      ...(['propagation', 'type', 'source', 'superOptions'] as const),
    );
    return {
      id: Number(row.id),
      parentId: Number(row.parent),
      device: row.device,
      root: unescapeOctal(row.root),
      target: unescapeOctal(row.target),
      options: row.options.split(','),
      propagation: row.propagation.split(' ').filter((tag) => tag !== ''),
      type: row.type,
      source: unescapeOctal(row.source),
      superOptions: row.superOptions.split(','),
    };
  });
}
