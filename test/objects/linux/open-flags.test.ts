import { constants } from 'node:fs';
import { expect, it } from 'vitest';
import { accessOf, deviceText, inodeKind, modeText, openFlagNames } from '../../../src/objects/linux/open-flags.js';

it.each([
  'O_CREAT',
  'O_EXCL',
  'O_NOCTTY',
  'O_TRUNC',
  'O_APPEND',
  'O_NONBLOCK',
  'O_DSYNC',
  'O_SYNC',
  'O_DIRECT',
  'O_DIRECTORY',
  'O_NOFOLLOW',
  'O_NOATIME',
] as const)('names %s by the number that the C library has', (name) => {
  expect(openFlagNames(constants[name] | constants.O_WRONLY)).toEqual(['O_WRONLY', name]);
});

it('names composite flags once, and leaves no bit unsaid', () => {
  expect(openFlagNames(0o20200002)).toEqual(['O_RDWR', 'O_TMPFILE']);
  expect(openFlagNames(0o100000000)).toEqual(['O_RDONLY', '0100000000']);
});

it('tells inodes and modes as ls does', () => {
  const kinds = ['fifo', 'character', 'directory', 'block', 'file', 'link', 'socket'];
  const modes = ['S_IFIFO', 'S_IFCHR', 'S_IFDIR', 'S_IFBLK', 'S_IFREG', 'S_IFLNK', 'S_IFSOCK'] as const;
  expect(modes.map((mode) => inodeKind(constants[mode]))).toEqual(kinds);
  expect(inodeKind(0o600)).toBeUndefined();
  expect(modeText(constants.S_IFDIR | 0o1777)).toBe('drwxrwxrwt');
  expect(modeText(constants.S_IFREG | 0o4755)).toBe('-rwsr-xr-x');
  expect(modeText(constants.S_IFREG | 0o2640)).toBe('-rw-r-S---');
  expect(modeText(constants.S_IFREG | 0o1666)).toBe('-rw-rw-rwT');
});

it('tells access and device numbers', () => {
  expect([0, 1, 2, 3].map(accessOf)).toEqual(['', 'r', 'w', 'rw']);
  expect(deviceText((8 << 20) | 17)).toBe('8:17');
});
