/**
 * IPv4 routes: the tries of every routing table of a namespace (what `ip route show table all` prints).
 *
 * Source: net/ipv4/fib_trie.c, include/net/ip_fib.h, net/ipv4/fib_lookup.h (4.4 to 6.12). Next hops that are objects of
 * their own (`ip nexthop`, 5.3) are not followed. The route cache holds no routes and is not read.
 */

import { ipv4Text } from '../../network-addresses.js';
import { occupiedSlots } from '../../pointer-table.js';
import { readPointer, type StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { hlistEntries } from '../lists.js';

export interface Ipv4Route {
  /** 254 is main, 255 local, 253 default (include/uapi/linux/rtnetlink.h). */
  readonly table: number | undefined;
  readonly destination: string;
  readonly prefixLength: number;
  readonly gateway: string | undefined;
  /** The `net_device` that packets leave by. */
  readonly device: StructView | undefined;
  /** `unicast`, `local`, `broadcast`, `blackhole`, … */
  readonly type: string | undefined;
  readonly priority: number | undefined;
  readonly preferredSource: string | undefined;
  /** Address of the `fib_alias`. */
  readonly offset: bigint;
}

/** FIB_TABLE_HASHSZ: 256 with CONFIG_IP_MULTIPLE_TABLES (all distributions), 2 without. */
const TABLE_BUCKETS = 256;
/** Bits of an address: of the trie's keys. */
const ADDRESS_BITS = 32;
/** A node with so many more wrong children than right ones is none: its four billion slots need not be asked. */
const STRAY_CHILDREN = 16;
/** RTN_* */
const TYPES: readonly (string | undefined)[] = [
  'unspecified',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
];

export function* ipv4Routes(kernel: LinuxKernel, net: StructView): Generator<Ipv4Route> {
  const base = net.ptr('ipv4.fib_table_hash');
  if (base === undefined || base === 0n) return;
  const multiple = kernel.field('net', 'ipv4.fib_main') !== undefined;
  for (const { address } of occupiedSlots(kernel, { base, count: multiple ? TABLE_BUCKETS : 2 })) {
    for (const table of hlistEntries(kernel, address, 'fib_table', 'tb_hlist')) yield* routesOf(kernel, table);
  }
}

function* routesOf(kernel: LinuxKernel, table: StructView): Generator<Ipv4Route> {
  // The local table may be a second view on the main one's trie until rules are made: aliases know their own table.
  const trie = table.follow('tb_data', 'trie');
  // `kv` is the root's own vector, whose one child is the first slot of `tnode`, an array without a length.
  const root = trie && readPointer(kernel, trie.at('kv').addressOf('tnode'));
  if (trie === undefined || root === undefined || root === 0n) return;
  const own = table.num('tb_id');
  for (const leaf of leaves(kernel, kernel.struct('key_vector', root))) {
    for (const alias of hlistEntries(kernel, leaf.addressOf('leaf'), 'fib_alias', 'fa_list')) {
      if (alias.has('tb_id') && alias.num('tb_id') !== own) continue;
      yield routeOf(leaf, alias);
    }
  }
}

/**
 * The leaves under a node of the trie. A node speaks for `bits` bits of the key from bit `pos` up, and its child in slot i
 * has i there and the node's own key above (`get_cindex`); anything else is no part of this trie, however it got there.
 */
function* leaves(kernel: LinuxKernel, node: StructView, limit = ADDRESS_BITS): Generator<StructView> {
  const bits = node.num('bits');
  const pos = node.num('pos');
  const key = node.num('key');
  if (bits === undefined || pos === undefined || key === undefined || pos + bits > limit) {
    kernel.faults.note(node.address, 'damaged routing table');
    return;
  }
  if (bits === 0) {
    yield node;
    return;
  }
  const base = node.addressOf('tnode');
  let credit = STRAY_CHILDREN;
  for (const { index, value } of occupiedSlots(kernel, { base, count: 2 ** bits })) {
    const child = kernel.struct('key_vector', value);
    if (((child.num('key') ?? 0) ^ key) >>> pos === index) {
      credit++;
      yield* leaves(kernel, child, pos);
      continue;
    }
    kernel.faults.note(value, 'damaged routing table');
    if (--credit === 0) return;
  }
}

function routeOf(leaf: StructView, alias: StructView): Ipv4Route {
  const info = alias.follow('fa_info');
  const prefixLength = ADDRESS_BITS - (alias.num('fa_slen') ?? 0);
  const type = alias.num('fa_type');
  const source = info?.bytes('fib_prefsrc', 4);
  const preferred = source && ipv4Text(source);
  return {
    table: alias.has('tb_id') ? alias.num('tb_id') : undefined,
    destination: hostOrderText(leaf.num('key') ?? 0),
    prefixLength,
    ...nextHop(info),
    type: type === undefined ? undefined : (TYPES[type] ?? String(type)),
    priority: info?.num('fib_priority'),
    preferredSource: preferred === '0.0.0.0' ? undefined : preferred,
    offset: alias.address,
  };
}

/** The first next hop: its members carry the prefix `nh_` until 5.1, `nhc_` in a structure of their own since 5.2. */
function nextHop(info: StructView | undefined): Pick<Ipv4Route, 'gateway' | 'device'> {
  if (info === undefined || (info.num('fib_nhs') ?? 0) === 0) return { gateway: undefined, device: undefined };
  const hop = info.at('fib_nh');
  const common = hop.has('nh_common');
  const bytes = hop.bytes(common ? 'nh_common.nhc_gw' : 'nh_gw', 4);
  const gateway = bytes && ipv4Text(bytes);
  const device = hop.follow(common ? 'nh_common.nhc_dev' : 'nh_dev');
  return { gateway: gateway === '0.0.0.0' ? undefined : gateway, device };
}

/** Keys of the trie are in the processor's byte order. */
function hostOrderText(key: number): string {
  return [24, 16, 8, 0].map((shift) => (key >>> shift) & 0xff).join('.');
}
