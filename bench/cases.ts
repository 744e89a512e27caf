/** What is measured: our commands, beside them the peer's plugin that answers the same question, and what we aim for. */

export interface BenchCase {
  readonly name: string;
  /** Arguments behind `memlapse`; the image is added. */
  readonly args: readonly string[];
  /** Volatility 3's plugin. */
  readonly peer?: string;
  /** Ours alone. */
  readonly env?: Readonly<Record<string, string>>;
  /** Wall time in seconds. */
  readonly aim?: number;
}

/** A command that reads every byte of the image. */
export type ScanCase = Pick<BenchCase, 'name' | 'args'>;

const warm = (name: string, peer?: string): BenchCase => ({
  name,
  args: name.split(' '),
  ...(peer === undefined ? {} : { peer }),
});

export const CASES: readonly BenchCase[] = [
  // Without what a run before found out about the image; the peer has its symbols parsed and cached.
  { name: 'pslist, cold', args: ['pslist', '--no-cache'], aim: 0.6, peer: 'linux.pslist.PsList' },
  { name: 'pslist, nothing kept at all', args: ['pslist'], env: { MEMLAPSE_CACHE: '' } },
  { name: 'pslist', args: ['pslist'], aim: 0.25, peer: 'linux.pslist.PsList' },
  warm('modules', 'linux.lsmod.Lsmod'),
  warm('handles', 'linux.lsof.Lsof'),
  warm('maps', 'linux.proc.Maps'),
  warm('netstat', 'linux.sockstat.Sockstat'),
  warm('linux check-syscall', 'linux.check_syscall.Check_syscall'),
  warm('linux kmsg', 'linux.kmsg.Kmsg'),
  warm('malfind', 'linux.malfind.Malfind'),
  warm('psscan', 'linux.psscan.PsScan'),
  { name: 'run all -r jsonl', args: ['run', 'all', '-r', 'jsonl'] },
];

/** Commands that read every byte of the image. */
export const SCANS: readonly ScanCase[] = [
  { name: 'banners', args: ['banners'] },
  { name: 'strings', args: ['strings'] },
  { name: 'strings --contains', args: ['strings', '--contains', 'Linux version'] },
  { name: 'regex', args: ['regex', '--pattern', 'Linux version [0-9]'] },
  { name: 'yara', args: ['yara', '--text', 'Linux version'] },
];

/** The same on the ReactOS image. */
export const WINDOWS_CASES: readonly BenchCase[] = [
  { name: 'pslist, cold', args: ['pslist', '--no-cache'], peer: 'windows.pslist.PsList' },
  { name: 'modules, cold', args: ['modules', '--no-cache'], peer: 'windows.modules.Modules' },
  { name: 'handles, cold', args: ['handles', '--no-cache'], peer: 'windows.handles.Handles' },
  warm('pslist', 'windows.pslist.PsList'),
  warm('modules', 'windows.modules.Modules'),
  warm('handles', 'windows.handles.Handles'),
  warm('windows dlllist', 'windows.dlllist.DllList'),
  warm('threads', 'windows.threads.Threads'),
  warm('psscan', 'windows.psscan.PsScan'),
  warm('windows filescan', 'windows.filescan.FileScan'),
  warm('windows verinfo', 'windows.verinfo.VerInfo'),
  { name: 'run pslist modules handles', args: ['run', 'pslist', 'modules', 'handles', '-r', 'jsonl'] },
];

export const WINDOWS_SCANS: readonly ScanCase[] = [
  { name: 'pslist, which scans nothing', args: ['pslist'] },
  { name: 'psscan', args: ['psscan'] },
  { name: 'windows filescan', args: ['windows', 'filescan'] },
  { name: 'windows poolscanner', args: ['windows', 'poolscanner'] },
  { name: 'strings', args: ['strings'] },
  { name: 'yara', args: ['yara', '--text', 'ReactOS'] },
  { name: 'yara --processes', args: ['yara', '--text', 'ReactOS', '--processes'] },
];
