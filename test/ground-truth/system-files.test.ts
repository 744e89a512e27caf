import { describe, expect, it } from 'vitest';
import { parseInetSockets } from './inet-sockets.js';
import { parseIfInet6, parseIpAddr } from './interfaces.js';
import { parseDmesg, parseKallsyms, parseResources, parseSlabInfo } from './kernel-tables.js';
import { parseLsmod, parseModules } from './modules.js';
import { parseNetlinkSockets, parsePacketSockets, parseUnixSockets } from './other-sockets.js';

describe('Internet sockets', () => {
  it('reads IPv4 addresses, ports, states and queues', () => {
    const lines = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   1: 0100007F:1E61 0108090A:B4D6 01 00000002:0000000E 00:00000000 00000000  1000        0 11209 1 00000000ca1f10b9 23 4 30 10 -1                    ',
    ];
    expect(parseInetSockets(lines)).toEqual([
      {
        ...{ localAddress: '127.0.0.1', localPort: 7777, remoteAddress: '10.9.8.1', remotePort: 46294 },
        ...{ state: 'ESTABLISHED', sendQueue: 2, receiveQueue: 14, uid: 1000, inode: 11209 },
      },
    ]);
  });

  it('reads IPv6 addresses word by word', () => {
    const lines = [
      'heading',
      '   0: 000080FE00000000FF22510C547647FE:22B8 0000000000000000FFFF000004030201:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11186 1 0000000004b80a28 100 0 0 10 0',
    ];
    expect(parseInetSockets(lines)).toMatchObject([
      { localAddress: 'fe80::c51:22ff:fe47:7654', localPort: 8888, remoteAddress: '::ffff:1.2.3.4', state: 'LISTEN' },
    ]);
  });
});

describe('other sockets', () => {
  it('reads Unix sockets: path, abstract and unnamed', () => {
    const lines = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '00000000b4721c3e: 00000002 00000000 00010000 0001 01 11197 /tmp/zoo.sock',
      '00000000bd3459ff: 00000003 00000000 00000000 0005 03 11207',
      '00000000694ac200: 0000000A 00000000 00000000 0002 01 11198 @zoo-abstract',
    ];
    expect(parseUnixSockets(lines)).toEqual([
      {
        ...{ referenceCount: 2, listening: true, type: 'STREAM', state: 'UNCONNECTED' },
        ...{ inode: 11197, path: '/tmp/zoo.sock' },
      },
      { referenceCount: 3, listening: false, type: 'SEQPACKET', state: 'CONNECTED', inode: 11207, path: '' },
      {
        ...{ referenceCount: 10, listening: false, type: 'DGRAM', state: 'UNCONNECTED' },
        ...{ inode: 11198, path: '@zoo-abstract' },
      },
    ]);
  });

  it('reads netlink and packet sockets', () => {
    const netlink = [
      'heading',
      '000000002fac4162 4   -5         00000011 0        0        0     2        7        11194   ',
    ];
    expect(parseNetlinkSockets(netlink)).toEqual([
      { protocol: 4, portId: 4294967291, groups: 0x11, referenceCount: 2, inode: 11194 },
    ]);
    const packet = ['heading', '00000000ddd271f2 3      2    0806   1     1 12840  1000   11195 '];
    expect(parsePacketSockets(packet)).toEqual([
      { referenceCount: 3, type: 2, protocol: 0x806, interfaceIndex: 1, running: true, uid: 1000, inode: 11195 },
    ]);
  });
});

describe('interfaces', () => {
  it('reads ip addr, with bits that busybox has no name for', () => {
    const lines = [
      '2: veth0@vzoo0: <BROADCAST,MULTICAST,UP,LOWER_UP100> mtu 1500 qdisc noqueue qlen 1000',
      '    link/ether 0e:51:22:47:76:54 brd ff:ff:ff:ff:ff:ff',
      '    inet 10.9.8.1/24 scope global vzoo0',
      '       valid_lft forever preferred_lft forever',
      '    inet6 fe80::c51:22ff:fe47:7654/64 scope link ',
      '       valid_lft forever preferred_lft forever',
      '3: lo: <LOOPBACK> mtu 65536 qdisc noop qlen 1000',
      '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
    ];
    expect(parseIpAddr(lines)).toEqual([
      {
        ...{ index: 2, name: 'veth0', peer: 'vzoo0', mtu: 1500 },
        ...{ flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'], otherFlags: 0x100 },
        ...{ linkType: 'ether', hardwareAddress: '0e:51:22:47:76:54' },
        addresses: [
          { family: 'inet', address: '10.9.8.1', prefixLength: 24, scope: 'global' },
          { family: 'inet6', address: 'fe80::c51:22ff:fe47:7654', prefixLength: 64, scope: 'link' },
        ],
      },
      {
        ...{ index: 3, name: 'lo', peer: undefined, mtu: 65536, flags: ['LOOPBACK'], otherFlags: 0 },
        ...{ linkType: 'loopback', hardwareAddress: '00:00:00:00:00:00', addresses: [] },
      },
    ]);
  });

  it('reads if_inet6', () => {
    expect(parseIfInet6(['fe80000000000000c8f231fffe4b8db9 03 40 20 80    vzoo0'])).toEqual([
      {
        ...{ address: 'fe80::c8f2:31ff:fe4b:8db9', interfaceIndex: 3, prefixLength: 64 },
        ...{ scope: 0x20, flags: 0x80, interfaceName: 'vzoo0' },
      },
    ]);
  });
});

describe('modules', () => {
  it('reads /proc/modules', () => {
    const lines = ['jbd2 167936 2 ext4,ocfs2, Live 0xffffffffc04b5000', 'odd 16384 - - Unloading 0xf8231000 (OE)'];
    expect(parseModules(lines)).toEqual([
      {
        ...{ name: 'jbd2', size: 167936, referenceCount: 2, usedBy: ['ext4', 'ocfs2'] },
        ...{ state: 'Live', address: 0xffffffffc04b5000n, taints: '' },
      },
      {
        ...{ name: 'odd', size: 16384, referenceCount: 0, usedBy: [] },
        ...{ state: 'Unloading', address: 0xf8231000n, taints: 'OE' },
      },
    ]);
  });

  it('reads lsmod', () => {
    const lines = [
      'Module                  Size  Used by    Not tainted',
      'nfnetlink              20480  1 nf_tables',
      'crc32c_generic         16384  2 ',
    ];
    expect(parseLsmod(lines)).toEqual([
      { name: 'nfnetlink', size: 20480, referenceCount: 1, usedBy: ['nf_tables'] },
      { name: 'crc32c_generic', size: 16384, referenceCount: 2, usedBy: [] },
    ]);
  });
});

describe('kernel tables', () => {
  it('reads nested resources', () => {
    const lines = ['00100000-0ffdffff : System RAM', '  08200000-09001d31 : Kernel code'];
    expect(parseResources(lines)).toEqual([
      { start: 0x100000n, end: 0xffdffffn, name: 'System RAM', depth: 0 },
      { start: 0x8200000n, end: 0x9001d31n, name: 'Kernel code', depth: 1 },
    ]);
  });

  it('reads slabinfo, with a space in a name', () => {
    const lines = [
      'slabinfo - version: 2.1',
      '# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables',
      'dma kmalloc-8        420    421     96   42    1 : tunables    0    0    0 : slabdata     10     10      0',
    ];
    expect(parseSlabInfo(lines)).toEqual([
      { name: 'dma kmalloc-8', activeObjects: 420, objects: 421, objectSize: 96, objectsPerSlab: 42, pagesPerSlab: 1 },
    ]);
  });

  it('reads kallsyms with and without a module', () => {
    expect(parseKallsyms(['c1000000 T _text', 'ffffffffc04752c0 d __this_module\t[loop]'])).toEqual([
      { address: 0xc1000000n, type: 'T', name: '_text', module: undefined },
      { address: 0xffffffffc04752c0n, type: 'd', name: '__this_module', module: 'loop' },
    ]);
  });

  it('reads dmesg, with a record of two lines', () => {
    expect(parseDmesg(['[    0.000000] Linux', '[   13.765738] first', 'second'])).toEqual([
      { microseconds: 0, text: 'Linux' },
      { microseconds: 13765738, text: 'first\nsecond' },
    ]);
  });
});
