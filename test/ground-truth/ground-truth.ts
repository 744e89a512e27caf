/**
 * What a Linux guest printed about itself right before it was stopped, as typed records: the judge of every result on
 * a real image. It states what was true while it was printed; processes of the printing script come and go meanwhile
 * (standing-processes.ts names them).
 */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decompressXz } from './decompress-xz.js';
import { parseHexDump } from './hex-dump.js';
import { parseInetSockets } from './inet-sockets.js';
import { parseIfInet6, parseIpAddr } from './interfaces.js';
import { parseDmesg, parseKallsyms, parseResources, parseSlabInfo } from './kernel-tables.js';
import { lazySections, type Parsed, type SectionTable } from './lazy-sections.js';
import { parseClock, parseUptime, parseVmcoreinfoNote } from './machine.js';
import { parseLsmod, parseModules } from './modules.js';
import { parseMounts } from './mounts.js';
import { parseNetlinkSockets, parsePacketSockets, parseUnixSockets } from './other-sockets.js';
import { parseProcessList } from './process-list.js';
import { type ProcessTruth, parseProcesses } from './process-truth.js';
import { type Sections, splitSections } from './sections.js';

const oneLine = (lines: readonly string[]): string => lines.join('\n').trimEnd();

const systemTable = {
  uname: ['uname', oneLine],
  /** The kernel's command line. */
  commandLine: ['cmdline', oneLine],
  /** /proc/version, the banner. */
  version: ['version', oneLine],
  ps: ['ps', parseProcessList],
  psThreads: ['psT', parseProcessList],
  psFinal: ['psfinal', parseProcessList],
  lsmod: ['lsmod', parseLsmod],
  modules: ['modules', parseModules],
  mounts: ['mounts', parseMounts],
  tcp: ['net/tcp', parseInetSockets],
  tcp6: ['net/tcp6', parseInetSockets],
  udp: ['net/udp', parseInetSockets],
  udp6: ['net/udp6', parseInetSockets],
  raw: ['net/raw', parseInetSockets],
  unix: ['net/unix', parseUnixSockets],
  netlink: ['net/netlink', parseNetlinkSockets],
  packet: ['net/packet', parsePacketSockets],
  interfaces: ['ipaddr', parseIpAddr],
  ifInet6: ['net/if_inet6', parseIfInet6],
  iomem: ['iomem', parseResources],
  ioports: ['ioports', parseResources],
  slabinfo: ['slabinfo', parseSlabInfo],
  dmesg: ['dmesg', parseDmesg],
  kallsyms: ['kallsyms', parseKallsyms],
  /** The kernel's ELF notes, /sys/kernel/notes. */
  notes: ['kernelnotes', parseHexDump],
  vmcoreinfo: ['vmcoreinfo', parseVmcoreinfoNote],
  uptime: ['uptime', parseUptime],
  date: ['date', parseClock],
} as const satisfies SectionTable;

export type GroundTruth = Parsed<typeof systemTable> & {
  /** By process id, ascending. */
  readonly processes: ReadonlyMap<number, ProcessTruth>;
  /** The lines of every section as printed, for those without a parser (`net/dev`, `meminfo`, `interrupts` …). */
  readonly sections: Sections;
};

/** Reads a whole groundtruth.txt. Throws when it is unfinished; a line of unexpected shape throws where it is used. */
export function parseGroundTruth(text: string): GroundTruth {
  const sections = splitSections(text);
  const system = lazySections(systemTable, (name) => {
    const lines = sections.get(name);
    if (lines === undefined) throw new Error(`ground truth: no section ${name}`);
    return lines;
  });
  const processes = parseProcesses(sections);
  return Object.defineProperties(system, {
    processes: { enumerable: true, value: processes },
    sections: { enumerable: true, value: sections },
  }) as GroundTruth;
}

/** Reads groundtruth.txt, or groundtruth.txt.xz, of an image's directory. */
export async function loadGroundTruth(directory: string): Promise<GroundTruth> {
  const plain = join(directory, 'groundtruth.txt');
  const isPlain = await access(plain).then(
    () => true,
    () => false,
  );
  const bytes = isPlain ? await readFile(plain) : await decompressXz(`${plain}.xz`);
  return parseGroundTruth(bytes.toString('utf8'));
}
