/**
 * Every line of /proc/net/{tcp,tcp6,udp,udp6,raw,unix,netlink,packet} is a row, and every row of the first network
 * namespace is such a line; every socket:[N] in /proc/PID/fd is an owner, and the other way about.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../src/analysis/image.js';
import netstat from '../../../src/analysis/linux/netstat.js';
import type { Row } from '../../../src/core/columns.js';
import type { GroundTruth } from '../../ground-truth/ground-truth.js';
import type { InetSocket } from '../../ground-truth/inet-sockets.js';
import { openTestImage, typedLinuxImages, wholeRows } from '../test-kernels.js';

type Socket = Row<typeof netstat.columns>;

const found = typedLinuxImages();

/** The kernel prints connectionless sockets that have no peer in the state CLOSE. */
const stateOf = (protocol: string, state: string) =>
  state === 'CLOSE' && !protocol.startsWith('tcp') ? 'UNCONNECTED' : state;

const inetLine = (protocol: string, socket: InetSocket) => ({
  protocol,
  localAddress: socket.localAddress,
  localPort: socket.localPort,
  remoteAddress: socket.remoteAddress,
  remotePort: socket.remotePort,
  state: stateOf(protocol, socket.state),
  uid: socket.uid,
  inode: socket.inode,
  rxQueue: socket.receiveQueue,
  txQueue: socket.sendQueue,
});

const inetRow = ({ protocol, localAddress, localPort, remoteAddress, remotePort, ...rest }: Socket) => {
  const { state, uid, inode, rxQueue, txQueue } = rest;
  return { protocol, localAddress, localPort, remoteAddress, remotePort, state, uid, inode, rxQueue, txQueue };
};

const byInode = <T extends { inode?: unknown }>(rows: readonly T[]): T[] =>
  [...rows].sort((a, b) => Number(a.inode) - Number(b.inode));

const INET = ['tcp', 'tcp6', 'udp', 'udp6', 'raw'] as const;
/** enum sock_type, as /proc/net/packet prints it. */
const PACKET_TYPES: Readonly<Record<number, string>> = { 2: 'datagram', 3: 'raw' };
const UNIX_TYPES = { STREAM: 'stream', DGRAM: 'datagram', SEQPACKET: 'seqpacket' } as const;
/** NETLINK_* of include/uapi/linux/netlink.h that Debian kernels have sockets of. */
const NETLINK: Readonly<Record<string, number>> = {
  route: 0,
  sock_diag: 4,
  selinux: 7,
  audit: 9,
  fib_lookup: 10,
  connector: 11,
  netfilter: 12,
  kobject_uevent: 15,
  generic: 16,
};

describe.skipIf(found.length === 0)('netstat on real images (skipped when none is found)', () => {
  describe.each(found)('$name', (test) => {
    let image: Image;
    let truth: GroundTruth;
    let all: Socket[];
    let first: Socket[];

    beforeAll(async () => {
      image = await openTestImage(test);
      truth = await test.truth();
      all = await wholeRows<Socket>(image, netstat);
      const namespace = truth.processes.get(1)?.namespaces?.get('net');
      expect(namespace).toBeGreaterThan(0);
      first = all.filter((row) => row.namespace === namespace);
    });
    afterAll(() => image.close());

    const of = (protocol: string) => first.filter((row) => row.protocol === protocol);

    it.each(INET)('has the lines of /proc/net/%s, with queues and owners', (protocol) => {
      const lines = byInode(truth[protocol].map((socket) => inetLine(protocol, socket)));
      expect(byInode(of(protocol).map(inetRow))).toEqual(lines);
    });

    it('has the lines of /proc/net/unix', () => {
      const lines = truth.unix.map(({ listening, type, state, inode, path }) => ({
        inode,
        type: UNIX_TYPES[type],
        // Listeners and unconnected sockets are both UNCONNECTED there, told apart by a flag.
        state: listening ? 'LISTEN' : state === 'CONNECTED' ? 'ESTABLISHED' : state,
        path: path === '' ? undefined : path,
      }));
      const rows = of('unix').map(({ inode, type, state, localAddress }) => ({
        inode,
        type,
        state,
        path: localAddress,
      }));
      expect(byInode(rows)).toEqual(byInode(lines));
      expect(lines.map(({ path }) => path)).toContain('@zoo-abstract');
    });

    it("has the lines of /proc/net/netlink, the kernel's own sockets among them", () => {
      const lines = truth.netlink.map(({ protocol, portId, groups, inode }) => ({ protocol, portId, groups, inode }));
      const rows = of('netlink').map(({ localAddress, localPort, details, inode }) => ({
        protocol: NETLINK[localAddress ?? ''],
        portId: localPort,
        groups: details === undefined ? 0 : Number.parseInt(details.replace('groups 0x', ''), 16),
        inode,
      }));
      expect(byInode(rows)).toEqual(byInode(lines));
      expect(rows.some(({ portId }) => portId === 0)).toBe(true);
    });

    it('has the lines of /proc/net/packet', () => {
      const name = (index: number) => truth.interfaces.find((each) => each.index === index)?.name;
      const lines = truth.packet.map(({ type, protocol, interfaceIndex, uid, inode }) => ({
        type: PACKET_TYPES[type],
        details: protocol === 3 ? 'every protocol' : protocol,
        interface: name(interfaceIndex),
        uid,
        inode,
      }));
      const rows = of('packet').map((row) => ({
        type: row.type,
        details: row.details,
        interface: row.interface,
        uid: row.uid,
        inode: row.inode,
      }));
      expect(byInode(rows)).toEqual(byInode(lines));
    });

    it('has no other rows in that namespace', () => {
      const known = new Set<string | undefined>([...INET, 'unix', 'netlink', 'packet']);
      expect(first.filter(({ protocol }) => !known.has(protocol))).toEqual([]);
      expect(all.every(({ listed }) => listed)).toBe(true);
    });

    it('shows the other namespace with kernel sockets alone', () => {
      const other = all.filter((row) => !first.includes(row));
      expect(new Set(other.map(({ protocol }) => protocol))).toEqual(new Set(['netlink']));
      expect(other.every(({ pid, localPort }) => pid === undefined && localPort === 0)).toBe(true);
      expect(new Set(other.map(({ namespace }) => namespace)).size).toBe(1);
    });

    it('names every owner of every socket, and no others', () => {
      const expected = [...truth.processes.values()].flatMap(({ pid, fds }) =>
        (fds ?? []).flatMap(({ fd, target }) => {
          const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
          return inode === undefined ? [] : [`${inode} ${pid}/${fd}`];
        }),
      );
      const rows = all.flatMap(({ inode, owners }) => (owners ?? []).map((owner) => `${inode} ${owner}`));
      expect(rows.sort()).toEqual(expected.sort());
    });

    it('finds both ends of every connection inside the guest', () => {
      const connected = all.filter(({ state, protocol }) => state === 'ESTABLISHED' && !protocol?.startsWith('udp'));
      const ends = new Map(connected.map((row) => [(row.owners ?? []).join(), row]));
      expect(connected.length).toBe(8);
      for (const row of connected) expect(ends.get((row.peers ?? []).join())?.peers).toEqual(row.owners);
    });

    it('answers for one process with the sockets it shares', async () => {
      const client = [...truth.processes.values()].find(({ comm }) => comm === 'netclient')!;
      const sockets = client.fds?.filter(({ target }) => target.startsWith('socket:')).map(({ fd }) => fd);
      const rows = await wholeRows<Socket>(image, netstat, { pid: [client.pid] });
      expect(rows.map(({ fd }) => Number(fd)).sort((a, b) => a - b)).toEqual(sockets);
      expect(rows.every(({ pid, process }) => pid === client.pid && process === 'netclient')).toBe(true);
    });
  });
});
