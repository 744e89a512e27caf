/**
 * The neighbour tables: which hardware address the kernel knows for which IP address (ARP and neighbour discovery).
 *
 * Source: include/net/neighbour.h, include/uapi/linux/neighbour.h (4.4 to 6.12; since 6.13 the buckets are hlists).
 */

import { hardwareText, ipv4Text, ipv6Text } from '../../network-addresses.js';
import { occupiedSlots } from '../../pointer-table.js';
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { chainEntries, hlistEntries } from '../lists.js';

export interface Neighbour {
  readonly family: 'inet' | 'inet6';
  readonly address: string | undefined;
  readonly hardwareAddress: string | undefined;
  /** `reachable`, `stale`, `permanent`, `noarp`, …; several at once are joined by `|`. */
  readonly state: string | undefined;
  /** The `net_device`. */
  readonly device: StructView | undefined;
  /** Address of the `struct neighbour`. */
  readonly offset: bigint;
}

/** The tables by symbol, with the length of their keys. */
const TABLES = [
  { symbol: 'arp_tbl', family: 'inet', keyLength: 4, text: ipv4Text },
  { symbol: 'nd_tbl', family: 'inet6', keyLength: 16, text: ipv6Text },
] as const;

/** NUD_* by bit. */
const STATES = ['incomplete', 'reachable', 'stale', 'delay', 'probe', 'failed', 'noarp', 'permanent'] as const;

/** Hash tables double when they fill; no more than this (2^20 neighbours) are honest. */
const MAX_SHIFT = 20;
const MAX_HARDWARE_ADDRESS = 32;

/** The entries of both tables, in all namespaces. */
export function* neighbours(kernel: LinuxKernel): Generator<Neighbour> {
  for (const { symbol, family, keyLength, text } of TABLES) {
    // IPv6 may be a module, or left out; without IPv4's table the profile is not up to the question.
    const table = family === 'inet' ? kernel.requireAddress(symbol) : kernel.address(symbol);
    if (table === undefined) continue;
    for (const entry of entriesOf(kernel, kernel.struct('neigh_table', table))) {
      const key = entry.bytes('primary_key', keyLength);
      const address = key && text(key);
      const device = entry.follow('dev');
      yield { family, address, ...linkOf(entry, device), device, offset: entry.address };
    }
  }
}

function* entriesOf(kernel: LinuxKernel, table: StructView): Generator<StructView> {
  const hash = table.follow('nht');
  const base = hash?.ptr('hash_buckets');
  const shift = hash?.num('hash_shift');
  if (base === undefined || base === 0n || shift === undefined || shift > MAX_SHIFT) return;
  const chained = kernel.field('neighbour', 'next') !== undefined;
  for (const { address, value } of occupiedSlots(kernel, { base, count: 2 ** shift })) {
    if (chained) yield* chainEntries(kernel, value, 'neighbour', 'next');
    else yield* hlistEntries(kernel, address, 'neighbour', 'hash');
  }
}

function linkOf(entry: StructView, device: StructView | undefined): Pick<Neighbour, 'hardwareAddress' | 'state'> {
  const length = Math.min(device?.num('addr_len') ?? 0, MAX_HARDWARE_ADDRESS);
  const hardware = length === 0 ? undefined : entry.bytes('ha', length);
  const bits = entry.num('nud_state');
  const states = bits === undefined ? undefined : STATES.filter((_, bit) => ((bits >> bit) & 1) === 1);
  return { hardwareAddress: hardware && hardwareText(hardware), state: states && (states.join('|') || 'none') };
}
