/**
 * virtio over PCI as a driver sees it (VIRTIO 1.1): found through configuration space, negotiated, queues set up by
 * hand, requests checked against the image.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { AddressSpan } from '../../../src/emulator/devices/bus.js';
import { DiskImage } from '../../../src/emulator/devices/disk/disk-image.js';
import { PciHost } from '../../../src/emulator/devices/pci/pci-host.js';
import { VirtioBlock } from '../../../src/emulator/devices/virtio/virtio-block.js';
import { VirtioEntropy } from '../../../src/emulator/devices/virtio/virtio-entropy.js';
import type { VirtioKind } from '../../../src/emulator/devices/virtio/virtio-kind.js';
import { VirtioPci } from '../../../src/emulator/devices/virtio/virtio-pci.js';
import { FlatMemory } from './flat-memory.js';
import { ProbeLine } from './manual-clock.js';

const BAR = 0xe000_0000;
const DESCRIPTORS = 0x1000;
const AVAILABLE = 0x2000;
const USED = 0x3000;
const SIZE = 8;
const NEXT = 1;
const WRITE = 2;

let memory: FlatMemory;
let span: AddressSpan;
let pci: PciHost;
let line: ProbeLine;
let image: Uint8Array;
let disk: DiskImage;

const config = (offset: number, size: 1 | 2 | 4 = 4): number => {
  pci.address.write(0, 4, 0x8000_0800 | (offset & 0xfc));
  let value = 0;
  for (let i = 0; i < size; i++) value += pci.data.read((offset & 3) + i, 1) * 2 ** (8 * i);
  return value;
};
const configWrite = (offset: number, value: number, size: number): void => {
  pci.address.write(0, 4, 0x8000_0800 | (offset & 0xfc));
  for (let i = 0; i < size; i++) pci.data.write((offset & 3) + i, 1, (value >>> (8 * i)) & 0xff);
};

/** Offsets in the BAR by configuration type, from the capability list. */
function sections(): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = config(0x34, 1); at !== 0; at = config(at + 1, 1)) {
    expect(config(at, 1)).toBe(9);
    found.set(config(at + 3, 1), config(at + 8));
  }
  return found;
}

function plug(kind: VirtioKind): { common: number; notify: number; isr: number; device: number } {
  const virtio = new VirtioPci(kind, {
    memory,
    map: (start, length, window) => span.map(start, length, window),
    setInterrupt: (level) => line.set(level),
  });
  pci.plug(1, virtio.function);
  const found = sections();
  configWrite(0x20, BAR, 4);
  configWrite(0x04, 6, 2);
  const at = (type: number): number => BAR + (found.get(type) ?? Number.NaN);
  return { common: at(1), notify: at(2), isr: at(3), device: at(4) };
}

/** Reset, acknowledge, features, queue 0, driver ok. */
function start(common: number): void {
  span.write(common + 0x14, 1, 0);
  span.write(common + 0x14, 1, 3);
  span.write(common + 0x08, 4, 1);
  span.write(common + 0x0c, 4, 1);
  span.write(common + 0x14, 1, 0x0b);
  expect(span.read(common + 0x14, 1)).toBe(0x0b);
  span.write(common + 0x16, 2, 0);
  span.write(common + 0x18, 2, SIZE);
  for (const [offset, address] of [
    [0x20, DESCRIPTORS],
    [0x28, AVAILABLE],
    [0x30, USED],
  ] as const) {
    span.write(common + offset, 4, address);
    span.write(common + offset + 4, 4, 0);
  }
  span.write(common + 0x1c, 2, 1);
  span.write(common + 0x14, 1, 0x0f);
}

function describeBuffers(...buffers: readonly (readonly [address: number, length: number, flags: number])[]): void {
  buffers.forEach(([address, length, flags], i) => {
    const at = DESCRIPTORS + i * 16;
    memory.view.setBigUint64(at, BigInt(address), true);
    memory.view.setUint32(at + 8, length, true);
    memory.view.setUint16(at + 12, flags | (i < buffers.length - 1 ? NEXT : 0), true);
    memory.view.setUint16(at + 14, i + 1, true);
  });
  const index = memory.view.getUint16(AVAILABLE + 2, true);
  memory.view.setUint16(AVAILABLE + 4 + (index % SIZE) * 2, 0, true);
  memory.view.setUint16(AVAILABLE + 2, index + 1, true);
}

function blockRequest(type: number, sector: number): void {
  memory.view.setUint32(0x4000, type, true);
  memory.view.setBigUint64(0x4008, BigInt(sector), true);
  memory.bytes[0x4100] = 0xee;
}

beforeEach(() => {
  memory = new FlatMemory(0x10000);
  span = new AddressSpan('memory');
  pci = new PciHost();
  line = new ProbeLine();
  image = Uint8Array.from({ length: 64 * 512 }, (_, i) => (i >> 9) + i);
  disk = new DiskImage('disk0', {
    size: image.length,
    read: (offset, target) => {
      const part = image.subarray(offset, offset + target.length);
      target.set(part);
      return part.length;
    },
  });
});

describe('PCI', () => {
  test('shows the host bridge, the device, and ones where nothing is', () => {
    plug(new VirtioBlock(disk, memory));
    pci.address.write(0, 4, 0x8000_0000);
    expect([pci.data.read(0, 1), pci.data.read(1, 1), pci.data.read(2, 1), pci.data.read(3, 1)]).toEqual([
      0x86, 0x80, 0x37, 0x12,
    ]);
    expect(config(0)).toBe(0x1042_1af4);
    for (const address of [0x8000_1000, 0x8000_0900, 0x8001_0000, 0x0000_0000]) {
      pci.address.write(0, 4, address);
      expect(pci.data.read(0, 1)).toBe(0xff);
    }
  });

  test('tells the size of a BAR and moves its window', () => {
    const at = plug(new VirtioBlock(disk, memory));
    configWrite(0x20, 0xffff_ffff, 4);
    expect(config(0x20)).toBe(0xffff_c000);
    expect(span.read(at.common + 0x12, 2)).toBe(0xffff);
    configWrite(0x20, 0xd000_0000, 4);
    expect(span.read(0xd000_0012, 2)).toBe(1);
    configWrite(0x04, 0, 2);
    expect(span.read(0xd000_0012, 2)).toBe(0xffff);
  });
});

describe('virtio-blk', () => {
  test('announces its size in sectors', () => {
    const { device } = plug(new VirtioBlock(disk, memory));
    expect([span.read(device, 4), span.read(device + 4, 4)]).toEqual([64, 0]);
  });

  test('reads into scattered buffers and interrupts', () => {
    const { common, notify, isr } = plug(new VirtioBlock(disk, memory));
    start(common);
    blockRequest(0, 5);
    describeBuffers([0x4000, 16, 0], [0x5000, 512, WRITE], [0x6000, 1024, WRITE], [0x4100, 1, WRITE]);
    span.write(notify, 2, 0);
    expect(memory.bytes.slice(0x5000, 0x5200)).toEqual(image.slice(5 * 512, 6 * 512));
    expect(memory.bytes.slice(0x6000, 0x6400)).toEqual(image.slice(6 * 512, 8 * 512));
    expect(memory.bytes[0x4100]).toBe(0);
    // Used ring: index, head, bytes written.
    expect([2, 4, 8].map((offset) => memory.view.getUint16(USED + offset, true))).toEqual([1, 0, 1537]);
    expect(line.level).toBe(true);
    expect(span.read(isr, 1)).toBe(1);
    expect([line.level, span.read(isr, 1)]).toEqual([false, 0]);
  });

  test('writes over the image, not into it', () => {
    const { common, notify } = plug(new VirtioBlock(disk, memory));
    start(common);
    const before = image.slice();
    memory.bytes.fill(0xab, 0x5000, 0x5400);
    blockRequest(1, 7);
    describeBuffers([0x4000, 16, 0], [0x5000, 1024, 0], [0x4100, 1, WRITE]);
    span.write(notify, 2, 0);
    expect(memory.bytes[0x4100]).toBe(0);
    expect(image).toEqual(before);
    const seen = new Uint8Array(image.length);
    disk.read(0, seen);
    expect(seen).toEqual(Uint8Array.from(before, (byte, i) => (i >= 7 * 512 && i < 9 * 512 ? 0xab : byte)));
    disk.discardWrites();
    disk.read(0, seen);
    expect(seen).toEqual(before);
  });

  test.each([
    ['behind the end', 0, 63, [[0x5000, 1024, WRITE]], 1],
    ['of half a sector', 0, 0, [[0x5000, 100, WRITE]], 1],
    ['of an unknown type', 99, 0, [[0x5000, 512, WRITE]], 2],
    ['to flush', 4, 0, [], 0],
  ] as const)('answers a request %s with its status', (_name, type, sector, data, status) => {
    const { common, notify } = plug(new VirtioBlock(disk, memory));
    start(common);
    blockRequest(type, sector);
    describeBuffers([0x4000, 16, 0], ...data, [0x4100, 1, WRITE]);
    span.write(notify, 2, 0);
    expect(memory.bytes[0x4100]).toBe(status);
  });

  test('survives rings and buffers outside memory and chains in a circle', () => {
    const { common, notify } = plug(new VirtioBlock(disk, memory));
    start(common);
    describeBuffers([0xffff_ff00, 16, 0], [2 ** 52, 0xffff_ffff, WRITE], [0, 0xffff_ffff, WRITE]);
    memory.view.setUint16(DESCRIPTORS + 2 * 16 + 12, NEXT | WRITE, true);
    memory.view.setUint16(DESCRIPTORS + 2 * 16 + 14, 0, true);
    span.write(notify, 2, 0);
    expect(memory.view.getUint16(USED + 2, true)).toBe(1);
  });

  test('does not accept a driver without VERSION_1', () => {
    const { common } = plug(new VirtioBlock(disk, memory));
    span.write(common + 0x14, 1, 3);
    span.write(common + 0x14, 1, 0x0b);
    expect(span.read(common + 0x14, 1)).toBe(3);
  });
});

test('virtio-rng fills buffers from the random source', () => {
  const { common, notify } = plug(new VirtioEntropy(memory, (length) => new Uint8Array(length).fill(0x5a)));
  expect(config(2, 2)).toBe(0x1044);
  start(common);
  describeBuffers([0x5000, 10, WRITE], [0x6000, 3, WRITE]);
  span.write(notify, 2, 0);
  expect([...memory.bytes.slice(0x5000, 0x500b)]).toEqual([...Array(10).fill(0x5a), 0]);
  expect([...memory.bytes.slice(0x6000, 0x6004)]).toEqual([0x5a, 0x5a, 0x5a, 0]);
  expect(memory.view.getUint32(USED + 8, true)).toBe(13);
});
