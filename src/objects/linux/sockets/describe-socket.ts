/** A `struct sock` in words: what all sockets have, and what its family's reader adds. */
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { inetSocketFacts, isMiniSocket } from './inet-socket.js';
import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, FAMILY_NAMES, SOCKET_TYPES } from './names.js';
import { namespaceOf } from './net-namespaces.js';
import { netlinkSocketFacts } from './netlink-socket.js';
import { packetInterface, packetSocketFacts } from './packet-socket.js';
import type { FamilyFacts, SocketFacts } from './socket-facts.js';
import { unixSocketFacts } from './unix-socket.js';

interface Family {
  /** The structure that the reader needs; without it in the profile the socket is shown by its family alone. */
  readonly struct: string;
  facts(kernel: LinuxKernel, sock: StructView): FamilyFacts;
  interfaceIndex?(sock: StructView): number | undefined;
}

const FAMILIES: Readonly<Record<number, Family>> = {
  [AF_UNIX]: { struct: 'unix_sock', facts: unixSocketFacts },
  [AF_INET]: { struct: 'tcp_sock', facts: inetSocketFacts },
  [AF_INET6]: { struct: 'tcp_sock', facts: inetSocketFacts },
  [AF_NETLINK]: { struct: 'netlink_sock', facts: netlinkSocketFacts },
  [AF_PACKET]: { struct: 'packet_sock', facts: packetSocketFacts, interfaceIndex: packetInterface },
};

/** What is known of the socket at `sock`; members that cannot be read are undefined. */
export function describeSocket(kernel: LinuxKernel, sock: StructView): SocketFacts {
  const number = sock.num('__sk_common.skc_family');
  const family = number === undefined ? undefined : FAMILIES[number];
  const known = family !== undefined && kernel.profile.types.struct(family.struct) !== undefined;
  const mini = number !== undefined && (number === AF_INET || number === AF_INET6) && isMiniSocket(sock);
  const facts = known
    ? family.facts(kernel, sock)
    : { protocol: number === undefined ? undefined : (FAMILY_NAMES[number] ?? `family ${number}`) };
  const bound = known ? family.interfaceIndex?.(sock) : undefined;
  return {
    ...facts,
    ...(mini ? { type: 'stream', inode: undefined, uid: undefined } : fileOf(sock)),
    interfaceIndex: bound ?? sock.num('__sk_common.skc_bound_dev_if'),
    namespace: namespaceOf(sock),
  };
}

function fileOf(sock: StructView): Pick<SocketFacts, 'type' | 'inode' | 'uid'> {
  const number = sock.num('sk_type');
  const type = number === undefined ? undefined : (SOCKET_TYPES[number] ?? String(number));
  const inode = sock.follow('sk_socket')?.containedIn('socket_alloc', 'socket').at('vfs_inode');
  return { type, inode: inode?.num('i_ino'), uid: inode?.num('i_uid.val') };
}
