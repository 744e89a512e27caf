/**
 * Flags and modes of open files and their inodes, as names and as `ls -l` letters. Tables only; nothing is read.
 *
 * Source: include/uapi/asm-generic/fcntl.h (x86 uses the generic values), include/uapi/linux/stat.h, include/linux/fs.h.
 */

/** Names of what `f_flags` holds besides the access mode; composite flags before the bits they contain. */
const OPEN_FLAGS: readonly (readonly [mask: number, name: string])[] = [
  [0o100, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o4010000, 'O_SYNC'],
  [0o10000, 'O_DSYNC'],
  [0o20000, 'FASYNC'],
  [0o40000, 'O_DIRECT'],
  [0o100000, 'O_LARGEFILE'],
  [0o20200000, 'O_TMPFILE'],
  [0o200000, 'O_DIRECTORY'],
  [0o400000, 'O_NOFOLLOW'],
  [0o1000000, 'O_NOATIME'],
  [0o2000000, 'O_CLOEXEC'],
  [0o10000000, 'O_PATH'],
];

const ACCESS_MODES = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'] as const;

/** O_CLOEXEC: kept in the descriptor table, and shown among the flags by /proc/PID/fdinfo. */
export const O_CLOEXEC = 0o2000000;

/** `['O_RDWR', 'O_APPEND', …]`; bits without a name come last, in octal. */
export function openFlagNames(flags: number): string[] {
  const names: string[] = [ACCESS_MODES[flags & 3] as string];
  let rest = flags & ~3;
  for (const [mask, name] of OPEN_FLAGS) {
    if ((rest & mask) !== mask) continue;
    names.push(name);
    rest &= ~mask;
  }
  if (rest !== 0) names.push(`0${(rest >>> 0).toString(8)}`);
  return names;
}

const FMODE_READ = 1;
const FMODE_WRITE = 2;

/** How a file was opened, from `f_mode`: `r`, `w`, `rw`, or '' (O_PATH). */
export function accessOf(mode: number): string {
  return `${mode & FMODE_READ ? 'r' : ''}${mode & FMODE_WRITE ? 'w' : ''}`;
}

/** Kinds of inode by the top four bits of the mode (S_IFMT), with the letter that `ls -l` has for them. */
const INODE_KINDS: Readonly<Record<number, readonly [kind: InodeKind, letter: string]>> = {
  1: ['fifo', 'p'],
  2: ['character', 'c'],
  4: ['directory', 'd'],
  6: ['block', 'b'],
  8: ['file', '-'],
  10: ['link', 'l'],
  12: ['socket', 's'],
};

export type InodeKind = 'fifo' | 'character' | 'directory' | 'block' | 'file' | 'link' | 'socket';

/** What an `i_mode` says the inode is; undefined for none of the known kinds (anonymous inodes have 0). */
export function inodeKind(mode: number): InodeKind | undefined {
  return INODE_KINDS[(mode & 0xf000) >> 12]?.[0];
}

/** `drwxr-xr-t` for an `i_mode`. */
export function modeText(mode: number): string {
  const special = (bit: number, set: string, execute: boolean): string =>
    (mode & bit) !== 0 ? (execute ? set : set.toUpperCase()) : execute ? 'x' : '-';
  const triple = (shift: number, bit: number, set: string): string => {
    const bits = (mode >> shift) & 7;
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${special(bit, set, (bits & 1) !== 0)}`;
  };
  const letter = INODE_KINDS[(mode & 0xf000) >> 12]?.[1] ?? '?';
  return `${letter}${triple(6, 0o4000, 's')}${triple(3, 0o2000, 's')}${triple(0, 0o1000, 't')}`;
}

/** `major:minor` of a kernel-internal `dev_t` (12 bits and 20 bits: include/linux/kdev_t.h). */
export function deviceText(device: number): string {
  return `${device >>> 20}:${device & 0xfffff}`;
}
