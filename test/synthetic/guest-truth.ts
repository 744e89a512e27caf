/** What the synthetic guest is made of: what its memory is written from, and what analysis has to find again. */

export interface FileTruth {
  readonly fd: number;
  /** Absolute, or without a slash for what is unlinked. */
  readonly path: string;
  readonly inode: number;
  readonly access: 'r' | 'w' | 'rw';
  readonly position: number;
  readonly deleted?: boolean;
}

export interface AreaTruth {
  readonly start: number;
  readonly pages: number;
  readonly protection: 'r-xp' | 'r--p' | 'rw-p';
  readonly path?: string;
  readonly stack?: boolean;
}

export interface ProcessTruth {
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  readonly uid: number;
  /** Seconds after boot. */
  readonly started: number;
  readonly kernelThread?: boolean;
  /** Ids of further threads. */
  readonly threads?: readonly number[];
  readonly argv?: readonly string[];
  readonly environment?: readonly string[];
  readonly exe?: string;
  readonly files?: readonly FileTruth[];
  readonly areas?: readonly AreaTruth[];
}

export interface ModuleTruth {
  readonly name: string;
  readonly size: number;
  readonly references: number;
}

export interface GuestTruth {
  readonly release: string;
  readonly banner: string;
  /** Seconds since 1970 UTC. */
  readonly booted: number;
  readonly processes: readonly ProcessTruth[];
  /** Newest first, as the kernel links them. */
  readonly modules: readonly ModuleTruth[];
  /** Top level of /proc/iomem. */
  readonly resources: readonly { readonly start: number; readonly end: number; readonly name: string }[];
}

const RELEASE = '6.1.99-synthetic';

const shell = (pid: number, ppid: number, name: string, argv: readonly string[]): ProcessTruth => ({
  pid,
  ppid,
  name,
  uid: 1000,
  started: pid / 10,
  argv,
  environment: ['HOME=/home/user', `SHLVL=${pid}`],
  exe: `/bin/${name}`,
  files: [
    { fd: 0, path: '/dev/console', inode: 12, access: 'rw', position: 0 },
    { fd: 1, path: '/dev/console', inode: 12, access: 'rw', position: 0 },
    { fd: 7, path: '/home/user/notes.txt', inode: 400 + pid, access: 'w', position: 4711 },
  ],
  areas: [
    { start: 0x400000, pages: 1, protection: 'r-xp', path: `/bin/${name}` },
    { start: 0x601000, pages: 2, protection: 'rw-p' },
    { start: 0x7ff00000, pages: 2, protection: 'rw-p', stack: true },
  ],
});

export const GUEST: GuestTruth = {
  release: RELEASE,
  banner: `Linux version ${RELEASE} (builder@nowhere) (cc) #7 SMP Thu Jan 1 00:00:00 UTC 2026`,
  booted: 1_767_225_600,
  processes: [
    { ...shell(1, 0, 'init', ['/bin/init', '--verbose']), uid: 0 },
    { pid: 2, ppid: 0, name: 'kthreadd', uid: 0, started: 1, kernelThread: true },
    { pid: 9, ppid: 2, name: 'kworker/0:1', uid: 0, started: 2, kernelThread: true },
    { ...shell(100, 1, 'sh', ['-sh']), threads: [101, 102] },
    shell(120, 100, 'grüße', ['grüße', 'a b', '']),
    {
      ...shell(4000, 100, 'vim', ['vim', '/tmp/x']),
      files: [{ fd: 3, path: '/home/user/gone.txt', inode: 77, access: 'rw', position: 1, deleted: true }],
    },
  ],
  modules: [
    { name: 'rootkit_not', size: 0x3000, references: 0 },
    { name: 'ext9', size: 0x15000, references: 2 },
    { name: 'loop', size: 0x8000, references: 1 },
  ],
  resources: [
    { start: 0x1000, end: 0x9fbff, name: 'System RAM' },
    { start: 0xa0000, end: 0xbffff, name: 'PCI Bus 0000:00' },
    { start: 0x100000, end: 0x3fffff, name: 'System RAM' },
  ],
};
