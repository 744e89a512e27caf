/**
 * Tables of the whole kernel: /proc/iomem (and ioports, which looks the same), slabinfo, kallsyms, and dmesg.
 */
import { hex, matchLine } from './match-line.js';

export interface ResourceRange {
  readonly start: bigint;
  /** Last address of the range, as printed. */
  readonly end: bigint;
  readonly name: string;
  /** Nesting: 0 for the outermost. */
  readonly depth: number;
}

export interface SlabCache {
  readonly name: string;
  readonly activeObjects: number;
  readonly objects: number;
  readonly objectSize: number;
  readonly objectsPerSlab: number;
  readonly pagesPerSlab: number;
}

export interface KernelSymbol {
  readonly address: bigint;
  /** nm's letter; lower case is local. */
  readonly type: string;
  readonly name: string;
  /** Without brackets; undefined for the kernel itself. `bpf` and `__builtin__kprobes` are printed as modules too. */
  readonly module: string | undefined;
}

export interface LogRecord {
  readonly microseconds: number;
  /** Further lines of one record are joined by newlines. */
  readonly text: string;
}

export function parseResources(lines: readonly string[]): ResourceRange[] {
  return lines.map((line) => {
    const shape = /^(?<indent> *)(?<start>[0-9a-f]+)-(?<end>[0-9a-f]+) : (?<name>.*)$/;
    const row = matchLine(line, shape, 'indent', 'start', 'end', 'name');
    return { start: hex(row.start), end: hex(row.end), name: row.name, depth: row.indent.length / 2 };
  });
}

/** Rows of slabinfo 2.1, both heading lines first. */
export function parseSlabInfo(lines: readonly string[]): SlabCache[] {
  const shape =
    /^(?<name>.+?) +(?<active>\d+) +(?<objects>\d+) +(?<size>\d+) +(?<perSlab>\d+) +(?<pages>\d+) : tunables .*$/;
  return lines.slice(2).map((line) => {
    const row = matchLine(line, shape, 'name', 'active', 'objects', 'size', 'perSlab', 'pages');
    return {
      name: row.name,
      activeObjects: Number(row.active),
      objects: Number(row.objects),
      objectSize: Number(row.size),
      objectsPerSlab: Number(row.perSlab),
      pagesPerSlab: Number(row.pages),
    };
  });
}

export function parseKallsyms(lines: readonly string[]): KernelSymbol[] {
  const shape = /^([0-9a-f]+) (\S) (\S+)(?:\t\[(.+)\])?$/;
  return lines.map((line) => {
    const row = shape.exec(line);
    if (row === null) throw new Error(`ground truth: unexpected kallsyms line "${line}"`);
    return { address: hex(row[1]!), type: row[2]!, name: row[3]!, module: row[4] };
  });
}

export function parseDmesg(lines: readonly string[]): LogRecord[] {
  const records: { microseconds: number; text: string }[] = [];
  for (const line of lines) {
    const start = /^\[ *(\d+)\.(\d{6})\] (.*)$/.exec(line);
    const current = records.at(-1);
    if (start) records.push({ microseconds: Number(start[1]) * 1e6 + Number(start[2]), text: start[3]! });
    else if (current) current.text += `\n${line}`;
    else throw new Error(`ground truth: dmesg begins with "${line}"`);
  }
  return records;
}
