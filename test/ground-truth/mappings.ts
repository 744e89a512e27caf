/**
 * /proc/PID/maps and smaps: the mappings of a process, and how much of each is resident.
 */
import { hex, matchLine, unescapeOctal } from './match-line.js';

export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  /** As printed: `r-xp`, `rw-s` … */
  readonly protection: string;
  /** In bytes. */
  readonly offset: bigint;
  /** `major:minor` in hexadecimal, as printed. */
  readonly device: string;
  readonly inode: number;
  /** Path or pseudo name (`[heap]`, `[vdso]`), with ` (deleted)` where printed; empty when anonymous. */
  readonly path: string;
}

export interface MappingUsage extends Mapping {
  /** Values in KiB by their key: Size, Rss, Pss, Private_Dirty, Swap … */
  readonly kibibytes: ReadonlyMap<string, number>;
  /** Two-letter flags: rd, wr, ex, mr, sh, gd … */
  readonly vmFlags: readonly string[];
}

const MAPPING =
  /^(?<start>[0-9a-f]+)-(?<end>[0-9a-f]+) (?<protection>\S{4}) (?<offset>[0-9a-f]+) (?<device>\S+) (?<inode>\d+) *(?<path>.*)$/;

function parseMapping(line: string): Mapping {
  const row = matchLine(line, MAPPING, 'start', 'end', 'protection', 'offset', 'device', 'inode', 'path');
  return {
    start: hex(row.start),
    end: hex(row.end),
    protection: row.protection,
    offset: hex(row.offset),
    device: row.device,
    inode: Number(row.inode),
    path: unescapeOctal(row.path),
  };
}

export function parseMaps(lines: readonly string[]): Mapping[] {
  return lines.map(parseMapping);
}

export function parseSmaps(lines: readonly string[]): MappingUsage[] {
  const mappings: { mapping: Mapping; kibibytes: Map<string, number>; vmFlags: string[] }[] = [];
  for (const line of lines) {
    if (MAPPING.test(line)) {
      mappings.push({ mapping: parseMapping(line), kibibytes: new Map(), vmFlags: [] });
      continue;
    }
    const { key, value } = matchLine(line, /^(?<key>\w+): *(?<value>.*?) *$/, 'key', 'value');
    const current = mappings.at(-1);
    if (current === undefined) throw new Error(`ground truth: smaps begins with "${line}"`);
    if (key === 'VmFlags') current.vmFlags.push(...value.split(' '));
    else if (value.endsWith(' kB')) current.kibibytes.set(key, Number.parseInt(value, 10));
  }
  return mappings.map(({ mapping, kibibytes, vmFlags }) => ({ ...mapping, kibibytes, vmFlags }));
}
