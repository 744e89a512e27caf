/**
 * Network interfaces and their addresses: `ip addr` (busybox's) and /proc/net/if_inet6.
 */
import { formatIpv6 } from './inet-sockets.js';
import { matchLine } from './match-line.js';

export interface InterfaceAddress {
  readonly family: 'inet' | 'inet6';
  readonly address: string;
  readonly prefixLength: number;
  /** host, link or global. */
  readonly scope: string;
}

export interface NetworkInterface {
  readonly index: number;
  readonly name: string;
  /** The other end of a veth pair; undefined when there is none in this namespace. */
  readonly peer: string | undefined;
  /** IFF_ names without prefix; bits without a name there (PROMISC is one) are in `otherFlags`. */
  readonly flags: readonly string[];
  readonly otherFlags: number;
  readonly mtu: number;
  /** `link/…`: ether, loopback … */
  readonly linkType: string;
  readonly hardwareAddress: string;
  readonly addresses: readonly InterfaceAddress[];
}

export interface Inet6Address {
  readonly address: string;
  readonly interfaceIndex: number;
  readonly prefixLength: number;
  /** include/net/ipv6.h: 0 global, 0x10 host, 0x20 link. */
  readonly scope: number;
  /** include/uapi/linux/if_addr.h, IFA_F_*: 0x80 permanent. */
  readonly flags: number;
  readonly interfaceName: string;
}

const HEAD = /^(?<index>\d+): (?<name>[^:@]+)(?:@(?<peer>[^:]+))?: <(?<flags>[^>]*)> mtu (?<mtu>\d+) .*$/;

/** Sections of `ip addr`, one an interface. */
export function parseIpAddr(lines: readonly string[]): NetworkInterface[] {
  const interfaces: (NetworkInterface & { addresses: InterfaceAddress[] })[] = [];
  for (const [at, line] of lines.entries()) {
    if (/^\d+: /.test(line)) {
      const row = matchLine(line, HEAD, 'index', 'name', 'peer', 'flags', 'mtu');
      // busybox appends the bits it has no name for in hexadecimal, right behind the last name ("LOWER_UP100").
      const flags = matchLine(row.flags, /^(?<names>[A-Z_,-]*)(?<rest>[0-9a-f]*)$/, 'names', 'rest');
      const link = matchLine(lines[at + 1] ?? '', /^ +link\/(?<type>\S+) (?<address>\S+) .*$/, 'type', 'address');
      interfaces.push({
        index: Number(row.index),
        name: row.name,
        peer: row.peer === '' ? undefined : row.peer,
        flags: flags.names.split(',').filter((flag) => flag !== ''),
        otherFlags: flags.rest === '' ? 0 : Number.parseInt(flags.rest, 16),
        mtu: Number(row.mtu),
        linkType: link.type,
        hardwareAddress: link.address,
        addresses: [],
      });
    } else if (/^ +inet6? /.test(line)) {
      const shape = /^ +(?<family>inet6?) (?<address>\S+)\/(?<prefix>\d+) (?:.* )?scope (?<scope>\w+).*$/;
      const row = matchLine(line, shape, 'family', 'address', 'prefix', 'scope');
      const { address, scope } = row;
      const family = row.family as InterfaceAddress['family'];
      interfaces.at(-1)!.addresses.push({ family, address, prefixLength: Number(row.prefix), scope });
    }
  }
  return interfaces;
}

export function parseIfInet6(lines: readonly string[]): Inet6Address[] {
  const digits = '[0-9a-f]{2}';
  const shape = new RegExp(
    `^(?<address>[0-9a-f]{32}) (?<index>${digits}) (?<prefix>${digits}) (?<scope>${digits}) (?<flags>${digits}) +(?<name>\\S+)$`,
  );
  return lines.map((line) => {
    const row = matchLine(line, shape, 'address', 'index', 'prefix', 'scope', 'flags', 'name');
    return {
      address: formatIpv6(row.address),
      interfaceIndex: Number.parseInt(row.index, 16),
      prefixLength: Number.parseInt(row.prefix, 16),
      scope: Number.parseInt(row.scope, 16),
      flags: Number.parseInt(row.flags, 16),
      interfaceName: row.name,
    };
  });
}
