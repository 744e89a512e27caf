/** Writes state files of VMware from the format's description, and memory files beside them. Knows nothing of src. */
import { ByteWriter } from './byte-writer.js';
import type { GuestRange } from './guest.js';

const PAGE = 4096;
const GROUPS_AT = 12;
const GROUP_BYTES = 80;

export interface VmwareTruth {
  readonly magic?: number;
  /** Memory in the state file: as it is, or marked as compressed. */
  readonly inside?: 'plain' | 'packed';
  readonly noRegions?: boolean;
  /** Registers by processor; `blocks` as newer versions write them. */
  readonly processors?: readonly VmwareProcessor[];
  readonly blocks?: boolean;
}

export interface VmwareProcessor {
  readonly rip: bigint;
  readonly cr: readonly bigint[];
  readonly idt: bigint;
  readonly rsp: bigint;
}

/** The memory file: the ranges one behind the other. */
export function buildVmem(guest: readonly GuestRange[]): Buffer {
  return Buffer.concat(guest.map(({ bytes }) => bytes));
}

export function buildVmss(guest: readonly GuestRange[], truth: VmwareTruth = {}): Buffer {
  const groups: [string, Buffer][] = [
    ['cpu', cpuItems(truth)],
    ['vmiSerial', item('text', [], Buffer.from('nothing that matters'))],
    ['memory', memoryItems(guest, truth)],
  ];
  const writer = new ByteWriter().u32(truth.magic ?? 0xbed2_bed2, 8, groups.length);
  let position = GROUPS_AT + groups.length * GROUP_BYTES;
  for (const [name, items] of groups) {
    writer.text(name, 64).u64(position, items.length + 2);
    position += items.length + 2;
  }
  for (const [, items] of groups) writer.bytes(items).u16(0);
  return writer.done();
}

function memoryItems(guest: readonly GuestRange[], { inside, noRegions }: VmwareTruth): Buffer {
  const items: Buffer[] = [
    item('regionsCount', [], u32(noRegions === true ? 0 : guest.length)),
    item('align_mask', [0], u32(0xfff)),
  ];
  let page = 0;
  for (const [index, { start, bytes }] of guest.entries()) {
    if (noRegions === true) break;
    items.push(item('regionPageNum', [index], u32(page)));
    items.push(item('regionPPN', [index], u32(start / PAGE)));
    items.push(item('regionSize', [index], u32(bytes.length / PAGE)));
    page += bytes.length / PAGE;
  }
  if (inside !== undefined) items.push(block('Memory', [0, 0], buildVmem(guest), 37, inside === 'packed'));
  return Buffer.concat(items);
}

function cpuItems({ processors = [], blocks = false }: VmwareTruth): Buffer {
  const items: Buffer[] = [item('cpu:numVCPUs', [], u32(processors.length))];
  for (const [index, { rip, cr, idt, rsp }] of processors.entries()) {
    items.push(item('rip', [index], new ByteWriter().u64(rip).done()));
    if (blocks) {
      const general = Array<bigint>(16).fill(0n);
      general[5] = rsp;
      items.push(block('gpregs', [index], new ByteWriter().u64(...general).done(), 0));
      items.push(block('CR64', [index], new ByteWriter().u64(...cr, 0n, 0n, 0n, 0n).done(), 3));
      items.push(block('IDTR', [index], new ByteWriter().u16(0xfff).u64(idt).done(), 1));
    } else {
      for (const [number, value] of cr.entries())
        items.push(item('CR64', [index, number], new ByteWriter().u64(value).done()));
      items.push(item('IDTR', [index, 0], u32(0xfff)));
      items.push(item('IDTR', [index, 1], u32(Number(idt & 0xffff_ffffn))));
      items.push(item('IDTR', [index, 2], u32(Number(idt >> 32n))));
      items.push(item('rsp', [index], new ByteWriter().u64(rsp).done()));
    }
  }
  return Buffer.concat(items);
}

const u32 = (value: number) => new ByteWriter().u32(value).done();

function front(name: string, indices: readonly number[], size: number): ByteWriter {
  return new ByteWriter()
    .u16((name.length << 8) | (indices.length << 6) | size)
    .text(name)
    .u32(...indices);
}

function item(name: string, indices: readonly number[], value: Buffer): Buffer {
  return front(name, indices, value.length).bytes(value).done();
}

function block(name: string, indices: readonly number[], bytes: Buffer, padding: number, packed = false): Buffer {
  return front(name, indices, packed ? 0x3e : 0x3f)
    .u64(bytes.length, bytes.length)
    .u16(padding)
    .zeros(padding)
    .bytes(bytes)
    .done();
}
