/**
 * The kernel's own tables of sockets: hash tables of TCP, UDP, raw, Unix and netlink sockets, and the packet list.
 *
 * They hold what no process has open: TIME_WAIT and orphaned connections, half-open requests, kernel sockets. One row of
 * `TABLES` a table; a table that this kernel or its profile has not is passed over.
 */
import { fieldAt } from '../../field-path.js';
import { occupiedSlots } from '../../pointer-table.js';
import { readPointer, type StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { hlistEntries, hlistNullsEntries } from '../lists.js';
import { namespaceInode, namespaceOf, netNamespaces } from './net-namespaces.js';
import { netlinkSockets, netlinkTables } from './netlink-table.js';

type Sockets = Generator<StructView>;

/** The member that links a socket in most tables; `skc_nulls_node` lies at the same place. */
const LINK = '__sk_common.skc_node';

/** Families end at AF_MAX, 46 in 6.12 (include/linux/socket.h). */
const MAX_FAMILY = 64;
/** PROC_DYNAMIC_FIRST (fs/proc/generic.c): inode numbers of namespaces are given out from here. */
const FIRST_NAMESPACE_INODE = 0xf000_0000;

/** After so many entries that are no sockets, what is read is no table of sockets. */
const MAX_STRANGERS = 64;

/** Every table, the namespaces' own ones among them. The same socket may come more than once. */
export function* socketsInTables(kernel: LinuxKernel): Sockets {
  const seen = new Set<string>();
  const namespaces = new Set(netNamespaces(kernel).map((net) => net.address));
  for (const { find, walk } of TABLES) {
    for (const table of find(kernel)) {
      // Namespaces share the first one's TCP and UDP tables unless they were given some of their own.
      const key = `${walk.name}${table.address}`;
      if (table.address === 0n || seen.has(key)) continue;
      seen.add(key);
      let strangers = 0;
      for (const sock of walk(kernel, table)) {
        if (isSocket(kernel, sock, namespaces)) {
          yield sock;
          continue;
        }
        kernel.faults.note(sock.address, 'table of sockets');
        if (++strangers === MAX_STRANGERS) break;
      }
    }
  }
}

/** Whole, half and late sockets all have a family and belong to a namespace. */
function isSocket(kernel: LinuxKernel, sock: StructView, namespaces: Set<bigint>): boolean {
  const family = sock.num('__sk_common.skc_family');
  if (family === undefined || family > MAX_FAMILY) return false;
  const namespace = namespaceOf(sock);
  if (namespace === undefined) return !sock.has('__sk_common.skc_net.net');
  if (namespaces.has(namespace)) return true;
  // One that was taken off the list and that no process is in.
  if (kernel.space.translate(namespace).kind !== 'mapped') return false;
  const inode = namespaceInode(kernel.struct('net', namespace));
  if (inode === undefined || inode < FIRST_NAMESPACE_INODE) return false;
  namespaces.add(namespace);
  return true;
}

interface Table {
  find(kernel: LinuxKernel): Iterable<StructView>;
  walk(kernel: LinuxKernel, table: StructView): Sockets;
}

const TABLES: readonly Table[] = [
  // A global until 6.0, since then a pointer in every namespace (net/ipv4/inet_hashtables.c).
  { find: either('tcp_hashinfo', 'inet_hashinfo', 'ipv4.tcp_death_row.hashinfo'), walk: established },
  { find: either('tcp_hashinfo', 'inet_hashinfo', 'ipv4.tcp_death_row.hashinfo'), walk: listening },
  { find: either('tcp_hashinfo', 'inet_hashinfo', 'ipv4.tcp_death_row.hashinfo'), walk: bound },
  { find: either('udp_table', 'udp_table', 'ipv4.udp_table'), walk: udp },
  { find: either('udplite_table', 'udp_table'), walk: udp },
  { find: either('raw_v4_hashinfo', 'raw_hashinfo'), walk: raw },
  { find: either('raw_v6_hashinfo', 'raw_hashinfo'), walk: raw },
  // One global array until 5.19, since 6.0 one a namespace.
  { find: either('unix_socket_table', 'hlist_head'), walk: unixGlobal },
  { find: netNamespaces, walk: unixOfNamespace },
  { find: netNamespaces, walk: packet },
  { find: netlinkTables, walk: netlinkSockets },
];

/** The global `symbol` seen as `type`, and what the namespaces' pointer member leads to, as far as there are such. */
function either(symbol: string, type: string, member?: string): Table['find'] {
  return function* find(kernel) {
    if (kernel.profile.types.struct(type) === undefined) return;
    const address = kernel.address(symbol);
    if (address !== undefined) yield kernel.struct(type, address);
    if (member === undefined || kernel.field('net', member) === undefined) return;
    for (const net of netNamespaces(kernel)) {
      const own = net.follow(member, type);
      if (own !== undefined) yield own;
    }
  };
}

/** The sockets of an array of list heads, each linked through `link`. */
function* chains(kernel: LinuxKernel, base: bigint, count: number, slot: string, head: string, link = LINK): Sockets {
  const stride = kernel.struct(slot, 0n).size;
  const offset = fieldAt(kernel.profile.types, slot, head)?.offset ?? 0;
  const seen = new Set<bigint>();
  for (const { address } of occupiedSlots(kernel, { base, count, stride, offset })) {
    yield* hlistNullsEntries(kernel, address, 'sock', link, seen);
  }
}

function* established(kernel: LinuxKernel, table: StructView): Sockets {
  const base = table.ptr('ehash');
  const mask = table.num('ehash_mask');
  if (base === undefined || mask === undefined || base === 0n) return;
  yield* chains(kernel, base, mask + 1, 'inet_ehash_bucket', 'chain');
}

function* listening(kernel: LinuxKernel, table: StructView): Sockets {
  const slot = 'inet_listen_hashbucket';
  const head = kernel.field(slot, 'nulls_head') === undefined ? 'head' : 'nulls_head';
  if (table.has('listening_hash')) {
    // By port alone, until 5.19; 32 buckets in the structure itself.
    const { type } = table.field('listening_hash');
    yield* chains(kernel, table.addressOf('listening_hash'), type.kind === 'array' ? type.count : 0, slot, head);
    return;
  }
  const base = table.ptr('lhash2');
  const mask = table.num('lhash2_mask');
  if (base === undefined || mask === undefined || base === 0n) return;
  yield* chains(kernel, base, mask + 1, slot, head);
}

/** Sockets by local port, bound but neither listening nor connected ones among them. */
function* bound(kernel: LinuxKernel, table: StructView): Sockets {
  const base = table.ptr('bhash');
  const count = table.num('bhash_size');
  if (base === undefined || count === undefined || base === 0n) return;
  const stride = kernel.struct('inet_bind_hashbucket', 0n).size;
  const offset = kernel.struct('inet_bind_hashbucket', 0n).field('chain').offset;
  const buckets = new Set<bigint>();
  const owners = new Set<bigint>();
  for (const { address } of occupiedSlots(kernel, { base, count, stride, offset })) {
    for (const bucket of hlistEntries(kernel, address, 'inet_bind_bucket', 'node', buckets)) {
      yield* ownersOf(kernel, bucket, owners);
    }
  }
}

/** A port's sockets hang from its bucket, since 6.8 from the buckets by port and address under it. */
function* ownersOf(kernel: LinuxKernel, bucket: StructView, seen: Set<bigint>): Sockets {
  const link = '__sk_common.skc_bind_node';
  if (bucket.has('owners')) {
    yield* hlistEntries(kernel, bucket.addressOf('owners'), 'sock', link, seen);
    return;
  }
  if (!bucket.has('bhash2')) return;
  for (const second of hlistEntries(kernel, bucket.addressOf('bhash2'), 'inet_bind2_bucket', 'bhash_node')) {
    yield* hlistEntries(kernel, second.addressOf('owners'), 'sock', link, seen);
  }
}

function* udp(kernel: LinuxKernel, table: StructView): Sockets {
  const base = table.ptr('hash');
  const mask = table.num('mask');
  if (base === undefined || mask === undefined || base === 0n) return;
  yield* chains(kernel, base, mask + 1, 'udp_hslot', 'head');
}

function* raw(kernel: LinuxKernel, table: StructView): Sockets {
  const { type } = table.field('ht');
  yield* chains(kernel, table.addressOf('ht'), type.kind === 'array' ? type.count : 0, 'hlist_head', 'first');
}

/** 256 buckets of bound and 256 of nameless sockets (UNIX_HASH_SIZE is 256 until 5.19, 512 since). */
const UNIX_BUCKETS = 512;

function unixGlobal(kernel: LinuxKernel, table: StructView): Sockets {
  return chains(kernel, table.address, UNIX_BUCKETS, 'hlist_head', 'first');
}

function* unixOfNamespace(kernel: LinuxKernel, net: StructView): Sockets {
  if (!net.has('unx.table.buckets')) return;
  const base = net.ptr('unx.table.buckets');
  if (base !== undefined && base !== 0n) yield* chains(kernel, base, UNIX_BUCKETS, 'hlist_head', 'first');
}

function* packet(kernel: LinuxKernel, net: StructView): Sockets {
  if (!net.has('packet.sklist')) return;
  const head = net.addressOf('packet.sklist');
  const first = readPointer(kernel, head);
  if (first !== undefined && first !== 0n) yield* hlistEntries(kernel, head, 'sock', LINK);
}
