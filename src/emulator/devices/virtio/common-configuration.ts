/**
 * The common configuration structure of virtio-pci (VIRTIO 1.1, 4.1.4.3) as a table of registers: offset, size, and
 * what reading and writing does to the transport's state.
 */
import { bytes, list, type StateOf, u8, u16, u32, wide } from '../state/state-schema.js';
import { QUEUE_MOST, VIRTQUEUE_FIELDS } from './virtqueue.js';

export const MOST_QUEUES = 4;

export const TRANSPORT_FIELDS = {
  config: bytes(256),
  deviceFeatureSelect: u32(),
  driverFeatureSelect: u32(),
  driverFeatures: wide(),
  status: u8(),
  isr: u8(),
  queueSelect: u16(),
  queues: list(MOST_QUEUES, VIRTQUEUE_FIELDS),
} as const;

export type TransportState = StateOf<typeof TRANSPORT_FIELDS>;

/** What the registers need to know of the device behind the transport. */
export interface Transport {
  readonly state: TransportState;
  readonly features: bigint;
  readonly queues: number;
  setStatus(value: number): void;
}

interface Register {
  readonly offset: number;
  readonly size: 1 | 2 | 4;
  read(transport: Transport): number;
  write?(transport: Transport, value: number): void;
}

type Queue = TransportState['queues'][number];

const selected = ({ state, queues }: Transport): Queue | undefined =>
  state.queueSelect < queues ? state.queues[state.queueSelect] : undefined;

const half = (value: bigint, high: boolean): number => Number(BigInt.asUintN(32, high ? value >> 32n : value));

const withHalf = (value: bigint, high: boolean, part: number): bigint =>
  high ? (value & 0xffff_ffffn) | (BigInt(part) << 32n) : (value & ~0xffff_ffffn) | BigInt(part);

/** A 64-bit ring address as its two registers; fixed once the queue runs. */
const ringAddress = (offset: number, name: 'descriptors' | 'driver' | 'device'): readonly Register[] =>
  [false, true].map((high) => ({
    offset: offset + (high ? 4 : 0),
    size: 4,
    read: (transport) => half(selected(transport)?.[name] ?? 0n, high),
    write: (transport, value) => {
      const queue = selected(transport);
      if (queue !== undefined && !queue.enabled) queue[name] = withHalf(queue[name], high, value);
    },
  }));

/** Feature words above 63 do not exist. */
const featureWord = (features: bigint, select: number): number => (select < 2 ? half(features, select === 1) : 0);

const NO_VECTOR = 0xffff;

const REGISTERS: readonly Register[] = [
  {
    offset: 0x00,
    size: 4,
    read: ({ state }) => state.deviceFeatureSelect,
    write: ({ state }, value) => {
      state.deviceFeatureSelect = value;
    },
  },
  { offset: 0x04, size: 4, read: ({ state, features }) => featureWord(features, state.deviceFeatureSelect) },
  {
    offset: 0x08,
    size: 4,
    read: ({ state }) => state.driverFeatureSelect,
    write: ({ state }, value) => {
      state.driverFeatureSelect = value;
    },
  },
  {
    offset: 0x0c,
    size: 4,
    read: ({ state }) => featureWord(state.driverFeatures, state.driverFeatureSelect),
    write: ({ state }, value) => {
      const { driverFeatures, driverFeatureSelect: select } = state;
      if (select < 2) state.driverFeatures = withHalf(driverFeatures, select === 1, value);
    },
  },
  { offset: 0x10, size: 2, read: () => NO_VECTOR },
  { offset: 0x12, size: 2, read: ({ queues }) => queues },
  {
    offset: 0x14,
    size: 1,
    read: ({ state }) => state.status,
    write: (transport, value) => transport.setStatus(value),
  },
  { offset: 0x15, size: 1, read: () => 0 },
  {
    offset: 0x16,
    size: 2,
    read: ({ state }) => state.queueSelect,
    write: ({ state }, value) => {
      state.queueSelect = value;
    },
  },
  {
    offset: 0x18,
    size: 2,
    read: (transport) => selected(transport)?.size ?? 0,
    write: (transport, value) => {
      const queue = selected(transport);
      const isPowerOfTwo = value !== 0 && (value & (value - 1)) === 0;
      if (queue !== undefined && !queue.enabled && isPowerOfTwo && value <= QUEUE_MOST) queue.size = value;
    },
  },
  { offset: 0x1a, size: 2, read: () => NO_VECTOR },
  {
    offset: 0x1c,
    size: 2,
    read: (transport) => (selected(transport)?.enabled ? 1 : 0),
    write: (transport, value) => {
      const queue = selected(transport);
      if (queue !== undefined && value === 1) queue.enabled = true;
    },
  },
  { offset: 0x1e, size: 2, read: ({ state }) => state.queueSelect },
  ...ringAddress(0x20, 'descriptors'),
  ...ringAddress(0x28, 'driver'),
  ...ringAddress(0x30, 'device'),
];

export const COMMON_BYTES = 0x38;

const find = (offset: number): Register | undefined =>
  REGISTERS.find((register) => offset >= register.offset && offset < register.offset + register.size);

/** Reads `size` bytes from `offset`, cut from the registers that lie there. */
export function readCommon(transport: Transport, offset: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) {
    const register = find(offset + i);
    if (register === undefined) continue;
    const shift = (offset + i - register.offset) * 8;
    value |= ((register.read(transport) >>> shift) & 0xff) << (i * 8);
  }
  return value >>> 0;
}

/** Drivers must use a register's own width (4.1.3.1); anything else is ignored. */
export function writeCommon(transport: Transport, offset: number, size: number, value: number): void {
  const register = find(offset);
  if (register?.offset === offset && register.size === size) register.write?.(transport, value);
}
