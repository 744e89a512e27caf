/**
 * Where tcpip.sys keeps what of its endpoints, by build: its public symbols have no types.
 *
 * Offsets are facts as published with Volatility 3 (symbols/windows/netscan); each row holds from its build on. A build may have
 * several rows, where an update moved something: the one counts by which the owner is a process.
 */

export interface EndpointLayout {
  readonly owner: number;
  readonly created: number;
  /** Of endpoints that listen: the local address; of connections both, through one more pointer. */
  readonly address: number;
  readonly family: number;
  readonly localPort: number;
  readonly remotePort?: number;
  readonly state?: number;
  /** The local address is the bytes themselves, not a structure that leads to them. */
  readonly direct?: true;
}

export type EndpointKind = 'connection' | 'listener' | 'udp';

export interface NetworkLayout {
  /** First build that is so. */
  readonly build: number;
  readonly connection: EndpointLayout;
  readonly listener: EndpointLayout;
  readonly udp: EndpointLayout;
  /** _INETAF.AddressFamily */
  readonly familyNumber: number;
  /** _LOCAL_ADDRESS.pData */
  readonly localData: number;
  /** _ADDRINFO.Remote */
  readonly remote: number;
}

/** Pool tags of the three. */
export const ENDPOINT_TAGS = {
  TcpE: 'connection',
  TTcb: 'connection',
  TcpL: 'listener',
  UdpA: 'udp',
} as const satisfies Record<string, EndpointKind>;

type Numbers = readonly [owner: number, created: number, address: number, family: number, localPort: number];

const connection = (
  owner: number,
  created: number,
  [address, family, localPort, remotePort, state]: readonly [number, number, number, number, number],
): EndpointLayout => ({ owner, created, address, family, localPort, remotePort, state });
const bound = ([owner, created, address, family, localPort]: Numbers, direct?: true): EndpointLayout => ({
  owner,
  created,
  address,
  family,
  localPort,
  ...(direct && { direct }),
});

const VISTA_64 = [32, 24, 84, 86, 80] as const;
const SEVEN_64 = [32, 24, 108, 110, 104] as const;
const EIGHT_64 = [24, 16, 112, 114, 108] as const;
const OLD_64 = {
  listener: bound([40, 32, 88, 96, 106]),
  udp: bound([40, 88, 96, 32, 128]),
  familyNumber: 20,
  localData: 16,
  remote: 16,
};
const MID_64 = { ...OLD_64, listener: bound([40, 64, 88, 96, 106]), familyNumber: 24 };
const BLUE_64 = { ...MID_64, udp: bound([40, 88, 96, 32, 120]) };
const TEN_64 = {
  ...MID_64,
  listener: bound([48, 64, 96, 40, 114]),
  udp: bound([40, 88, 128, 32, 120], true),
};
const TEN_64_1909 = { ...TEN_64, udp: bound([40, 88, 136, 32, 128], true) };
const TEN_64_2004 = { ...TEN_64, udp: bound([40, 88, 168, 32, 160], true) };

const VISTA_32 = [16, 12, 44, 46, 40] as const;
const SEVEN_32 = [16, 12, 56, 58, 52] as const;
const EIGHT_32 = [12, 8, 60, 62, 56] as const;
const OLD_32 = {
  listener: bound([24, 32, 52, 56, 62]),
  udp: bound([24, 48, 56, 20, 72]),
  familyNumber: 12,
  localData: 12,
  remote: 8,
};
const LATE_32 = { ...OLD_32, remote: 12 };

/** By the size of a pointer; the newest builds first. */
export const NETWORK_LAYOUTS: { readonly 4: readonly NetworkLayout[]; readonly 8: readonly NetworkLayout[] } = {
  8: [
    { build: 20348, connection: connection(752, 776, EIGHT_64), ...TEN_64_2004 },
    { build: 19041, connection: connection(728, 744, EIGHT_64), ...TEN_64_2004 },
    { build: 18363, connection: connection(656, 672, EIGHT_64), ...TEN_64_1909 },
    { build: 18362, connection: connection(656, 672, EIGHT_64), ...TEN_64 },
    { build: 17763, connection: connection(712, 728, EIGHT_64), ...TEN_64 },
    { build: 17134, connection: connection(632, 648, EIGHT_64), ...TEN_64 },
    { build: 16299, connection: connection(624, 640, EIGHT_64), ...TEN_64 },
    { build: 15063, connection: connection(624, 616, EIGHT_64), ...TEN_64 },
    { build: 10240, connection: connection(600, 616, EIGHT_64), ...TEN_64 },
    { build: 9600, connection: connection(608, 624, EIGHT_64), ...BLUE_64 },
    { build: 9600, connection: connection(600, 0, EIGHT_64), ...BLUE_64 },
    { build: 9200, connection: connection(592, 0, EIGHT_64), ...MID_64 },
    { build: 7600, connection: connection(568, 0, SEVEN_64), ...OLD_64 },
    { build: 6001, connection: connection(528, 0, VISTA_64), ...OLD_64 },
    { build: 6000, connection: connection(520, 0, VISTA_64), ...OLD_64 },
  ],
  4: [
    { build: 17134, connection: connection(460, 0, EIGHT_32), ...LATE_32, udp: bound([24, 48, 56, 20, 68]) },
    { build: 15063, connection: connection(460, 0, EIGHT_32), ...LATE_32 },
    { build: 14393, connection: connection(436, 0, EIGHT_32), ...LATE_32 },
    { build: 10240, connection: connection(432, 440, EIGHT_32), ...LATE_32, listener: bound([28, 40, 60, 64, 70]) },
    { build: 9600, connection: connection(424, 0, EIGHT_32), ...LATE_32 },
    { build: 9200, connection: connection(372, 0, EIGHT_32), ...LATE_32 },
    { build: 7600, connection: connection(372, 0, SEVEN_32), ...OLD_32 },
    { build: 6000, connection: connection(352, 0, VISTA_32), ...OLD_32 },
  ],
};

/** The rows for a build: those of the newest one that is not newer. */
export function networkLayouts(pointerSize: 4 | 8, build: number): readonly NetworkLayout[] {
  const newest = NETWORK_LAYOUTS[pointerSize].find((layout) => layout.build <= build)?.build;
  return NETWORK_LAYOUTS[pointerSize].filter((layout) => layout.build === newest);
}
