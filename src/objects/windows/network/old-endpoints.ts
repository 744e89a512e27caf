/**
 * Connections and bound addresses of tcpip.sys before NT 6.0, found by the tags of their pool blocks; freed ones among them
 * that were not used again. IPv4 alone: IPv6 was a driver of its own.
 *
 * Offsets are facts as published with Volatility 2 (plugins/overlays/windows/tcpip_vtypes.py: _ADDRESS_OBJECT, _TCPT_OBJECT).
 */
import { u16, u32 } from '../../../core/bytes.js';
import { ipv4Text } from '../../network-addresses.js';
import type { WindowsKernel } from '../kernel.js';
import { poolBlocks, poolTag } from '../pool-scan.js';
import { processId } from '../process-facts.js';
import { processes } from '../processes.js';
import { unixTime } from '../times.js';
import type { Endpoint } from './endpoints.js';

interface AddressLayout {
  readonly address: number;
  readonly port: number;
  readonly protocol: number;
  readonly pid: number;
  readonly created: number;
}

interface ConnectionLayout {
  readonly remoteAddress: number;
  readonly localAddress: number;
  readonly remotePort: number;
  readonly localPort: number;
  readonly pid: number;
}

/** 5.1, and 5.2 until its first service pack; 5.2 since; 64-bit ones. */
const OLD_32: AddressLayout = { address: 0x2c, port: 0x30, protocol: 0x32, pid: 0x148, created: 0x158 };
const NEW_32: AddressLayout = { address: 0x30, port: 0x34, protocol: 0x36, pid: 0x14c, created: 0x158 };
const ALL_64: AddressLayout = { address: 0x58, port: 0x5c, protocol: 0x5e, pid: 0x238, created: 0x248 };
const CONNECTION: Readonly<Record<4 | 8, ConnectionLayout>> = {
  4: { remoteAddress: 0xc, localAddress: 0x10, remotePort: 0x14, localPort: 0x16, pid: 0x18 },
  8: { remoteAddress: 0x14, localAddress: 0x18, remotePort: 0x1c, localPort: 0x1e, pid: 0x20 },
};
const ADDRESS_TAG = poolTag('TCPA');
const CONNECTION_TAG = poolTag('TCPT');
/** IANA's numbers of the protocols that sockets of these systems had; others are shown by number. */
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 47: 'gre', 255: 'raw' };
/** Process ids are multiples of four; larger ones than these no machine gave out. */
const MAX_PID = 0x10_0000;
/** Addresses were made in these years. */
const FIRST_MOMENT = BigInt(Date.UTC(1995, 0)) * 1_000_000n;
const LAST_MOMENT = BigInt(Date.UTC(2100, 0)) * 1_000_000n;

/** Endpoints as far as what stands in a block makes one. */
export function* oldEndpoints(kernel: WindowsKernel, progress?: (address: bigint) => void): Generator<Endpoint> {
  const owners = new Map([...processes(kernel)].map((process) => [processId(process), process]));
  const { pointerSize } = kernel.profile;
  const addresses =
    pointerSize === 8 ? [ALL_64] : kernel.profile.release.startsWith('5.2') ? [NEW_32, OLD_32] : [OLD_32];
  const tags = new Map([ADDRESS_TAG, CONNECTION_TAG].map((tag) => [tag, tag]));
  for (const { tag, start } of poolBlocks(kernel, tags, progress)) {
    const found =
      tag === CONNECTION_TAG
        ? connectionAt(kernel, start, CONNECTION[pointerSize])
        : addresses.map((layout) => addressAt(kernel, start, layout)).find((each) => each !== undefined);
    if (found !== undefined) yield { ...found, owner: owners.get(found.pid), offset: start };
  }
}

type Found = Omit<Endpoint, 'owner' | 'offset'>;

function addressAt(kernel: WindowsKernel, start: bigint, layout: AddressLayout): Found | undefined {
  // Looked at without the fault log: a block that only looks alike is no damage.
  const bytes = kernel.space.view(start, layout.created + 8)?.slice();
  if (bytes === undefined) return undefined;
  const pid = u32(bytes, layout.pid);
  const protocol = u16(bytes, layout.protocol);
  const created = unixTime(new DataView(bytes.buffer).getBigInt64(layout.created, true));
  if (!isPid(pid) || protocol === 0 || protocol > 0xff || created === undefined) return undefined;
  if (created < FIRST_MOMENT || created > LAST_MOMENT) return undefined;
  return {
    protocol: PROTOCOLS[protocol] ?? `${protocol}`,
    localAddress: ipv4Text(bytes.subarray(layout.address, layout.address + 4)),
    localPort: port(bytes, layout.port),
    remoteAddress: undefined,
    remotePort: undefined,
    state: undefined,
    pid,
    created,
  };
}

function connectionAt(kernel: WindowsKernel, start: bigint, layout: ConnectionLayout): Found | undefined {
  const bytes = kernel.space.view(start, layout.pid + 4)?.slice();
  if (bytes === undefined) return undefined;
  const pid = u32(bytes, layout.pid);
  const [localPort, remotePort] = [port(bytes, layout.localPort), port(bytes, layout.remotePort)];
  if (!isPid(pid) || localPort === 0 || remotePort === 0 || u32(bytes, layout.localAddress) === 0) return undefined;
  return {
    protocol: 'tcp',
    localAddress: ipv4Text(bytes.subarray(layout.localAddress, layout.localAddress + 4)),
    localPort,
    remoteAddress: ipv4Text(bytes.subarray(layout.remoteAddress, layout.remoteAddress + 4)),
    remotePort,
    state: undefined,
    pid,
    created: undefined,
  };
}

const isPid = (pid: number) => pid > 0 && pid < MAX_PID && pid % 4 === 0;

/** Ports are kept as they go over the wire. */
const port = (bytes: Uint8Array, at: number) => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
