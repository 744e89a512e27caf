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
export const SCANS: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: 'banners', args: ['banners'] },
  { name: 'strings', args: ['strings'] },
  { name: 'strings --contains', args: ['strings', '--contains', 'Linux version'] },
  { name: 'regex', args: ['regex', '--pattern', 'Linux version [0-9]'] },
  { name: 'yara', args: ['yara', '--text', 'Linux version'] },
];
