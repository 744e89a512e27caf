import { describe, expect, it } from 'vitest';
import { parseMaps, parseSmaps } from './mappings.js';
import { parseMountInfo, parseMounts } from './mounts.js';
import { parseNamespaces, parseOpenFileInfo, parseOpenFiles } from './open-files.js';

describe('parseMaps and parseSmaps', () => {
  const file = '00401000-0048e000 r-xp 00001000 00:02 23                                 /tmp/a\\040b (deleted)';
  const anonymous = '7fff00bdf000-7fff00be3000 rw-s 00000000 00:00 0 ';
  const mappings = [
    {
      ...{ start: 0x401000n, end: 0x48e000n, protection: 'r-xp', offset: 0x1000n },
      ...{ device: '00:02', inode: 23, path: '/tmp/a b (deleted)' },
    },
    {
      ...{ start: 0x7fff00bdf000n, end: 0x7fff00be3000n, protection: 'rw-s', offset: 0n },
      ...{ device: '00:00', inode: 0, path: '' },
    },
  ];

  it('reads both kinds of line', () => {
    expect(parseMaps([file, anonymous])).toEqual(mappings);
  });

  it('gathers what follows each mapping', () => {
    const usage = [
      'Size:                564 kB',
      'Rss:                   4 kB',
      'THPeligible:    0',
      'VmFlags: rd ex mr ',
    ];
    expect(parseSmaps([file, ...usage, anonymous, 'Rss:                   0 kB'])).toEqual([
      {
        ...mappings[0],
        kibibytes: new Map([
          ['Size', 564],
          ['Rss', 4],
        ]),
        vmFlags: ['rd', 'ex', 'mr'],
      },
      { ...mappings[1], kibibytes: new Map([['Rss', 0]]), vmFlags: [] },
    ]);
  });
});

describe('open files', () => {
  it('orders descriptors by number', () => {
    const lines = [
      'total 0',
      'lr-x------    1 0        0               64 Nov 23 06:09 100 -> /tmp/reg1.txt',
      'lrwx------    1 0        0               64 Nov 23 06:09 13 -> /memfd:memfd-MARKER (deleted)',
      'l-wx------    1 1000     1001            64 Nov  3 06:09 7 -> pipe:[11185]',
    ];
    expect(parseOpenFiles(lines)).toEqual([
      { fd: 7, target: 'pipe:[11185]', mode: 'l-wx------' },
      { fd: 13, target: '/memfd:memfd-MARKER (deleted)', mode: 'lrwx------' },
      { fd: 100, target: '/tmp/reg1.txt', mode: 'lr-x------' },
    ]);
  });

  it('keeps what is special to a kind of file', () => {
    const lines = [
      ...['fd 10', 'pos:\t0', 'flags:\t02', 'mnt_id:\t15', 'ino:\t9715', 'eventfd-count:                5'],
      ...['fd 4', 'pos:\t39', 'flags:\t0102001', 'mnt_id:\t25', 'ino:\t7'],
    ];
    expect(parseOpenFileInfo(lines)).toEqual([
      { fd: 4, position: 39, flags: 0o102001, mountId: 25, inode: 7, details: [] },
      { fd: 10, position: 0, flags: 2, mountId: 15, inode: 9715, details: ['eventfd-count:                5'] },
    ]);
  });

  it('reads namespace links', () => {
    const lines = [
      'total 0',
      'lrwxrwxrwx    1 0        0                0 Nov 23 06:09 mnt -> mnt:[4026531841]',
      'lrwxrwxrwx    1 0        0                0 Nov 23 06:09 pid_for_children -> pid:[4026531836]',
    ];
    expect(parseNamespaces(lines)).toEqual(
      new Map([
        ['mnt', 4026531841],
        ['pid_for_children', 4026531836],
      ]),
    );
  });

  it('refuses an error message among the links', () => {
    expect(() => parseOpenFiles(['ls: /proc/9/fd: No such file or directory'])).toThrow('unexpected line');
  });
});

describe('mounts', () => {
  it('reads /proc/mounts', () => {
    expect(parseMounts(['/dev/loop7 /tmp/loop\\040mnt ext4 rw,relatime 0 0'])).toEqual([
      { source: '/dev/loop7', target: '/tmp/loop mnt', type: 'ext4', options: ['rw', 'relatime'] },
    ]);
  });

  it('reads mountinfo with and without propagation', () => {
    const lines = [
      '27 25 7:7 /sub /tmp/loopmnt rw,relatime - ext4 /dev/loop7 rw',
      '36 35 98:0 / /mnt rw shared:2 master:1 - tmpfs tmp rw,size=4k',
    ];
    expect(parseMountInfo(lines)).toEqual([
      {
        ...{ id: 27, parentId: 25, device: '7:7', root: '/sub', target: '/tmp/loopmnt', options: ['rw', 'relatime'] },
        ...{ propagation: [], type: 'ext4', source: '/dev/loop7', superOptions: ['rw'] },
      },
      {
        ...{ id: 36, parentId: 35, device: '98:0', root: '/', target: '/mnt', options: ['rw'] },
        ...{ propagation: ['shared:2', 'master:1'], type: 'tmpfs', source: 'tmp', superOptions: ['rw', 'size=4k'] },
      },
    ]);
  });
});
