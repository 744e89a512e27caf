/**
 * The IPv4 and IPv6 addresses of an interface, with the flags and scopes that `ip addr` prints.
 *
 * Source: include/linux/inetdevice.h, include/net/if_inet6.h, include/uapi/linux/if_addr.h (4.4 to 6.12). Multicast
 * memberships are no addresses of the interface and are left out.
 */

import { ipv4Text, ipv6Text } from '../../network-addresses.js';
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { chainEntries, listEntries } from '../lists.js';

export interface InterfaceAddress {
  readonly family: 'inet' | 'inet6';
  readonly address: string | undefined;
  readonly prefixLength: number | undefined;
  /** The other end of a point-to-point link. */
  readonly peer: string | undefined;
  readonly broadcast: string | undefined;
  /** `global`, `site`, `link`, `host`, `nowhere`, or the number of another scope. */
  readonly scope: string | undefined;
  readonly flags: readonly string[];
  /** IPv4 alias (`eth0:1`). */
  readonly label: string | undefined;
  /** Address of the `in_ifaddr` or `inet6_ifaddr`. */
  readonly offset: bigint;
}

export function* interfaceAddresses(kernel: LinuxKernel, device: StructView): Generator<InterfaceAddress> {
  const v4 = device.follow('ip_ptr', 'in_device');
  if (v4 !== undefined) {
    for (const entry of chainEntries(kernel, v4.ptr('ifa_list'), 'in_ifaddr', 'ifa_next')) yield ipv4Address(entry);
  }
  // Without CONFIG_IPV6 there is no such member; as a module its types may be unknown.
  const known = device.has('ip6_ptr') && kernel.profile.types.struct('inet6_ifaddr') !== undefined;
  const v6 = known ? device.follow('ip6_ptr', 'inet6_dev') : undefined;
  if (v6 !== undefined) {
    for (const entry of listEntries(kernel, v6.addressOf('addr_list'), 'inet6_ifaddr', 'if_list')) {
      yield ipv6Address(entry);
    }
  }
}

function ipv4Address(entry: StructView): InterfaceAddress {
  const text = (member: string) => {
    const bytes = entry.bytes(member, 4);
    return bytes && ipv4Text(bytes);
  };
  const address = text('ifa_local');
  const other = text('ifa_address');
  const broadcast = text('ifa_broadcast');
  const scope = entry.num('ifa_scope');
  return {
    family: 'inet',
    address,
    prefixLength: entry.num('ifa_prefixlen'),
    peer: other === address ? undefined : other,
    broadcast: broadcast === '0.0.0.0' ? undefined : broadcast,
    scope: scope === undefined ? undefined : (ROUTE_SCOPES[scope] ?? String(scope)),
    flags: flagNames(entry.num('ifa_flags'), 'secondary'),
    label: entry.text('ifa_label'),
    offset: entry.address,
  };
}

function ipv6Address(entry: StructView): InterfaceAddress {
  const bytes = entry.bytes('addr', 16);
  const address = bytes && ipv6Text(bytes);
  const peerBytes = entry.has('peer_addr') ? entry.bytes('peer_addr', 16) : undefined;
  const peer = peerBytes?.some((byte) => byte !== 0) ? ipv6Text(peerBytes) : undefined;
  const scope = entry.num('scope');
  return {
    family: 'inet6',
    address,
    prefixLength: entry.num('prefix_len'),
    peer,
    broadcast: undefined,
    scope: scope === undefined ? undefined : IPV6_SCOPES[scope & IPV6_SCOPE_MASK],
    flags: flagNames(entry.num('flags'), 'temporary'),
    label: undefined,
    offset: entry.address,
  };
}

/** enum rt_scope_t (include/uapi/linux/rtnetlink.h). */
const ROUTE_SCOPES: Readonly<Record<number, string>> = {
  0: 'global',
  200: 'site',
  253: 'link',
  254: 'host',
  255: 'nowhere',
};

/** Scope bits of an address type (include/net/ipv6.h: IPV6_ADDR_LOOPBACK, _LINKLOCAL, _SITELOCAL). */
const IPV6_SCOPE_MASK = 0x70;
const IPV6_SCOPES: Readonly<Record<number, string>> = { 0: 'global', 16: 'host', 32: 'link', 64: 'site' };

/** IFA_F_* by bit, from bit 1; bit 0 means one thing on IPv4 and another on IPv6. */
const ADDRESS_FLAGS = [
  'nodad',
  'optimistic',
  'dadfailed',
  'home',
  'deprecated',
  'tentative',
  'permanent',
  'managetempaddr',
  'noprefixroute',
  'mcautojoin',
  'stable-privacy',
] as const;

function flagNames(flags: number | undefined, first: string): string[] {
  return [first, ...ADDRESS_FLAGS].filter((_, bit) => (((flags ?? 0) >> bit) & 1) === 1);
}
