/**
 * The tables of a triage dump ("minidump" of the kernel): drivers, the stack, and pieces of virtual memory.
 *
 * Every offset and count comes from the file: what does not fit into it is left out and said.
 */
import { u32, u64Number } from '../../core/bytes.js';
import type { DumpedDriver, TriageParts, UnloadedDriver } from '../../memory/windows-dump.js';
import type { ByteSource } from '../byte-source.js';
import { readBytes } from '../sources/read-bytes.js';
import { HEADER_BYTES, triageBlock, triageLayout } from './layout.js';

/** More than any machine has; bounds what a forged table makes us do. */
const MAX_DRIVERS = 4096;
const MAX_UNLOADED = 64;
const MAX_BLOCKS = 1_000_000;
const MAX_STACK = 1024 * 1024;
const MAX_NAME = 1024;

const utf16 = new TextDecoder('utf-16le');

/**
 * The parts, and what was wrong with them; undefined when the file ends before their table of contents does.
 * @param debuggerData where the kernel had its debugger data (KDBG), which the dump keeps apart from the blocks
 */
export function readTriage(
  source: ByteSource,
  pointerSize: 4 | 8,
  debuggerData: bigint,
): { readonly parts: TriageParts; readonly notes: string[] } | undefined {
  const layout = triageLayout[pointerSize];
  const header = layout.header.decode(readBytes(source, HEADER_BYTES[pointerSize], layout.header.size));
  if (header === undefined) return undefined;
  const notes: string[] = [];
  const drivers = table(source, header.driversOffset, Math.min(header.driverCount, MAX_DRIVERS), layout.driver);
  if (drivers.length < header.driverCount) {
    notes.push(`${header.driverCount - drivers.length} of ${header.driverCount} drivers are not in the file`);
  }
  const blocks = table(source, header.blocksOffset, Math.min(header.blockCount, MAX_BLOCKS), triageBlock)
    .map((block) => ({ ...block, address: BigInt.asUintN(8 * pointerSize, block.address) }))
    .filter(isInside(source))
    .sort(byAddress);
  if (blocks.length < header.blockCount) {
    notes.push(`${header.blockCount - blocks.length} of ${header.blockCount} memory blocks are not in the file`);
  }
  const apart = [
    { address: header.topOfStack, offset: header.stackOffset, size: header.stackSize },
    { address: debuggerData, offset: header.debuggerDataOffset, size: header.debuggerDataSize },
    { address: header.dataPageAddress, offset: header.dataPageOffset, size: header.dataPageSize },
  ].filter(isInside(source));
  const parts: TriageParts = {
    drivers: drivers.map((driver) => describeDriver(source, driver)),
    unloadedDrivers: unloadedDrivers(source, pointerSize, header.unloadedDriversOffset),
    blocks: blocks.map(({ address, size }) => ({ address, size })),
    stack: {
      address: header.topOfStack,
      bytes: readBytes(source, header.stackOffset, Math.min(header.stackSize, MAX_STACK)).slice(),
    },
    structures: structuresOf(source, header),
    read: blockReader(source, [...blocks, ...apart].sort(byAddress)),
  };
  return { parts, notes };
}

type TriageHeader = ReturnType<(typeof triageLayout)[8]['header']['read']>;

/** Larger than the structures of any build. */
const MAX_STRUCTURE = 0x4_0000;

/** The copies lie one behind the other, before the stack. */
function structuresOf(source: ByteSource, header: TriageHeader): TriageParts['structures'] {
  const { prcbOffset, processOffset, threadOffset, stackOffset } = header;
  const between = (start: number, end: number) => {
    const length = end - start;
    const bytes =
      start > 0 && length > 0 && length <= MAX_STRUCTURE ? readBytes(source, start, length).slice() : undefined;
    return bytes?.length === length ? bytes : undefined;
  };
  const processor = between(prcbOffset, processOffset);
  const process = between(processOffset, threadOffset);
  const thread = between(threadOffset, stackOffset);
  return processor && process && thread && { processor, process, thread };
}

type Block = ReturnType<typeof triageBlock.read>;

const isInside = (source: ByteSource) => (block: Block) =>
  block.size > 0 && block.offset > 0 && block.offset + block.size <= source.size;

const byAddress = (a: Block, b: Block) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0);

/** Reads virtual memory from the blocks, across those that touch each other. */
function blockReader(source: ByteSource, blocks: readonly Block[]): TriageParts['read'] {
  return (address, target) => {
    let done = 0;
    while (done < target.length) {
      const at = address + BigInt(done);
      const block = lastAtOrBelow(blocks, at);
      const inside = block === undefined ? 0n : at - block.address;
      if (block === undefined || inside >= BigInt(block.size)) break;
      const length = Math.min(target.length - done, block.size - Number(inside));
      target.set(readBytes(source, block.offset + Number(inside), length), done);
      done += length;
    }
    return done;
  };
}

/** Blocks don't overlap in honest dumps; in others the last one that begins at or below the address counts. */
function lastAtOrBelow(blocks: readonly Block[], address: bigint): Block | undefined {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((blocks[middle] as Block).address <= address) low = middle + 1;
    else high = middle;
  }
  return blocks[low - 1];
}

function describeDriver(
  source: ByteSource,
  driver: ReturnType<(typeof triageLayout)[8]['driver']['read']>,
): DumpedDriver {
  const { base, size, timestamp, checksum } = driver;
  return { path: stringAt(source, driver.nameOffset), base, size, timestamp, checksum };
}

/** A string of the pool: a count of characters, then UTF-16. */
function stringAt(source: ByteSource, offset: number): string {
  const head = readBytes(source, offset, 4);
  if (head.length < 4) return '';
  return utf16.decode(readBytes(source, offset + 4, Math.min(u32(head, 0), MAX_NAME) * 2));
}

function unloadedDrivers(source: ByteSource, pointerSize: 4 | 8, offset: number): UnloadedDriver[] {
  const head = readBytes(source, offset, pointerSize);
  if (offset === 0 || head.length < pointerSize) return [];
  const count = Math.min(pointerSize === 8 ? u64Number(head, 0) : u32(head, 0), MAX_UNLOADED);
  return table(source, offset + pointerSize, count, triageLayout[pointerSize].unloadedDriver).map(
    ({ nameLength, name, start, end }) => ({
      name: utf16.decode(name.subarray(0, nameLength & ~1)).replace(/\0.*$/s, ''),
      start,
      end,
    }),
  );
}

/** `count` structures at a file offset, as many as the file has. */
function table<T>(
  source: ByteSource,
  offset: number,
  count: number,
  layout: { readonly size: number; decode(bytes: Uint8Array, at?: number): T | undefined },
): T[] {
  const bytes = readBytes(source, offset, Math.max(0, Math.min(count * layout.size, source.size - offset)));
  const out: T[] = [];
  for (let index = 0; index < count; index++) {
    const one = layout.decode(bytes, index * layout.size);
    if (one === undefined) break;
    out.push(one);
  }
  return out;
}
