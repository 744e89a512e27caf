/**
 * Endpoints of tcpip.sys in a synthetic NT guest. Its structures are in no public symbols: offsets by build as published with
 * Volatility 3, written down here once more, apart from src.
 */
import { type NtGuest, ntTime } from './nt-guest.js';
import type { NtProcesses } from './nt-processes.js';

export interface EndpointTruth {
  readonly tag: 'TcpE' | 'TcpL' | 'UdpA';
  readonly pid: number;
  readonly local: string;
  readonly localPort: number;
  readonly remote?: string;
  readonly remotePort?: number;
  readonly state?: number;
  readonly created: string;
}

export const ENDPOINTS: readonly EndpointTruth[] = [
  {
    tag: 'TcpE',
    pid: 2604,
    local: '10.9.8.1',
    localPort: 49_777,
    remote: '192.0.2.7',
    remotePort: 443,
    state: 4,
    created: '2024-03-05T09:45:00Z',
  },
  {
    tag: 'TcpE',
    pid: 3120,
    local: 'fe80::1',
    localPort: 50_001,
    remote: '2001:db8::5',
    remotePort: 4444,
    state: 2,
    created: '2024-03-05T09:46:00Z',
  },
  { tag: 'TcpL', pid: 712, local: '', localPort: 135, created: '2024-03-05T08:00:20Z' },
  { tag: 'TcpL', pid: 4, local: '10.9.8.1', localPort: 139, created: '2024-03-05T08:00:21Z' },
  { tag: 'UdpA', pid: 712, local: '10.9.8.1', localPort: 53, created: '2024-03-05T08:00:22Z' },
];

/** Owner and time of connections by build; everything else moved less often. */
const CONNECTION: Readonly<Record<number, readonly [number, number]>> = {
  7601: [568, 0],
  9600: [608, 624],
  14393: [600, 616],
  17763: [712, 728],
  18362: [656, 672],
  19041: [728, 744],
  20348: [752, 776],
  22000: [752, 776],
};

export function writeEndpoints(guest: NtGuest, { processes }: NtProcesses, endpoints: readonly EndpointTruth[]): void {
  const { memory, pool, types } = guest;
  const build = types.buildNumber;
  const isSeven = build === 7601;
  const families = new Map<boolean, bigint>();
  const family = (isSix: boolean) => {
    let address = families.get(isSix);
    if (address === undefined) {
      address = pool.allocate('InAF', 32);
      memory.integer(address + (isSeven ? 20n : 24n), 2, isSix ? 23 : 2);
      families.set(isSix, address);
    }
    return address;
  };
  const bytesOf = (text: string) => {
    const block = pool.allocate('InAd', 16);
    memory.write(block, addressBytes(text));
    return block;
  };
  /** _LOCAL_ADDRESS, which leads to a pointer to the bytes. */
  const localAddress = (text: string) => {
    const [block, pointer] = [pool.allocate('InLa', 32), pool.allocate('InLp', 16)];
    memory.pointer(pointer, bytesOf(text));
    memory.pointer(block + 16n, pointer);
    return block;
  };
  const port = (address: bigint, value: number) => memory.write(address, Uint8Array.of(value >> 8, value & 0xff));
  for (const { tag, pid, local, localPort, remote, remotePort, state, created } of endpoints) {
    const at = pool.allocate(tag, 900);
    const owner = processes.get(pid)!;
    const isSix = local.includes(':');
    if (tag === 'TcpE') {
      const [ownerAt, createdAt] = CONNECTION[build]!;
      const [info, af, lport, rport, stateAt] = isSeven ? [32, 24, 108, 110, 104] : [24, 16, 112, 114, 108];
      const block = pool.allocate('InAi', 32);
      memory.pointer(block, localAddress(local));
      memory.pointer(block + 16n, bytesOf(remote!));
      memory.pointer(at + BigInt(info!), block);
      memory.pointer(at + BigInt(af!), family(isSix));
      memory.pointer(at + BigInt(ownerAt), owner);
      memory.pointer(at + BigInt(createdAt), ntTime(created));
      memory.integer(at + BigInt(stateAt!), 4, state!);
      port(at + BigInt(lport!), localPort);
      port(at + BigInt(rport!), remotePort!);
    } else if (tag === 'TcpL') {
      const old = build < 10240;
      const [ownerAt, createdAt, localAt, af, portAt] = old
        ? [40, isSeven ? 32 : 64, 88, 96, 106]
        : [48, 64, 96, 40, 114];
      memory.pointer(at + BigInt(ownerAt!), owner);
      memory.pointer(at + BigInt(createdAt!), ntTime(created));
      if (local !== '') memory.pointer(at + BigInt(localAt!), localAddress(local));
      memory.pointer(at + BigInt(af!), family(isSix));
      port(at + BigInt(portAt!), localPort);
    } else {
      const places = isSeven ? [96, 128] : build === 9600 ? [96, 120] : build < 18363 ? [128, 120] : [168, 160];
      memory.pointer(at + 40n, owner);
      memory.pointer(at + 88n, ntTime(created));
      memory.pointer(at + 32n, family(isSix));
      let block = localAddress(local);
      if (build >= 10240) {
        block = pool.allocate('InLq', 16);
        memory.pointer(block, bytesOf(local));
      }
      memory.pointer(at + BigInt(places[0]!), block);
      port(at + BigInt(places[1]!), localPort);
    }
  }
}

function addressBytes(text: string): Uint8Array {
  if (!text.includes(':')) return Uint8Array.from(text.split('.'), Number);
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail)];
  const all = [...first, ...Array(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
