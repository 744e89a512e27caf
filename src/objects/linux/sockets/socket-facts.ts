/** What is known of one socket, whatever its family: the shape that the families' readers fill. */

/** One end of a connection, as far as the family has addresses. */
export interface Endpoint {
  /** Dotted or colon notation, a Unix path (`@name` when abstract), an interface or a netlink protocol. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

export interface FamilyFacts {
  /** The file of /proc/net that lists it (`tcp`, `udp6`, `unix`), or the name of its family. */
  readonly protocol: string | undefined;
  readonly local?: Endpoint;
  readonly remote?: Endpoint;
  readonly state?: string | undefined;
  /** Bytes received and not yet read; waiting connections of a listener. */
  readonly rxQueue?: number | undefined;
  /** Bytes sent and not yet acknowledged or delivered. */
  readonly txQueue?: number | undefined;
  /** Address of the `struct sock` at the other end, where the kernel links the two. */
  readonly peer?: bigint | undefined;
  /** What only this family has, in words. */
  readonly details?: string | undefined;
}

export interface SocketFacts extends FamilyFacts {
  /** `stream`, `datagram`, `raw`, `seqpacket`, … */
  readonly type: string | undefined;
  /** Inode number on sockfs: the N of `socket:[N]`. Undefined when no file stands for the socket (any more). */
  readonly inode: number | undefined;
  /** Owner of that inode. */
  readonly uid: number | undefined;
  /** Index of the interface that it is bound to; 0 for none. */
  readonly interfaceIndex: number | undefined;
  /** Address of its `struct net`. */
  readonly namespace: bigint | undefined;
}
