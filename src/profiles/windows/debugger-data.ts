/**
 * KDDEBUGGER_DATA64: the block in which the kernel tells debuggers where its variables are, in every build since XP.
 *
 * Since Windows 8 amd64 kernels keep it encoded while no debugger is attached: each word is exclusive-ored with a value
 * drawn at boot, rotated by that value's lowest byte, exclusive-ored with the address of a flag, its bytes are swapped, and
 * it is exclusive-ored with another value. Rotating and swapping move bits without mixing them, so that all of it is one
 * rotation and one constant: swap(rotate(word, n)) xor C. The word that holds the kernel's base gives C for each of the 64
 * rotations, and the tag says which is right: neither the drawn values nor their addresses have to be known.
 *
 * Source: KDDEBUGGER_DATA64 in wdbgexts.h (Windows SDK).
 */
import { u32, u64 } from '../../core/bytes.js';
import type { AddressSpace } from '../../memory/address-space.js';
import type { KernelSymbol } from '../types.js';
import { kernelData } from './kernel-data.js';
import type { WindowsKernelLocation } from './location.js';

export interface DebuggerData {
  readonly address: bigint;
  readonly encoded: boolean;
  /** The kernel's variables that it names, as far as they lie in kernel space. */
  readonly symbols: readonly KernelSymbol[];
}

/** Offsets of pointers to variables, which are called as in the kernel. */
const VARIABLES: Readonly<Record<string, number>> = {
  PsLoadedModuleList: 0x48,
  PsActiveProcessHead: 0x50,
  PspCidTable: 0x58,
  ExpSystemResourcesList: 0x60,
  KeTimeIncrement: 0x78,
  KeBugCheckCallbackListHead: 0x80,
  KiBugCheckData: 0x88,
  ObpRootDirectoryObject: 0x98,
  ObpTypeObjectType: 0xa0,
  MmPfnDatabase: 0xc0,
  MmSystemPtesStart: 0xc8,
  MmNonPagedPoolStart: 0x110,
  MmPagedPoolStart: 0x120,
  PoolTrackTable: 0x1b8,
  MmHighestUserAddress: 0x1c8,
  MmSystemRangeStart: 0x1d0,
  KiProcessorBlock: 0x218,
  MmUnloadedDrivers: 0x220,
  MmLastUnloadedDriver: 0x228,
  MmSessionBase: 0x278,
};
const TAG = 0x10;
const KERNEL_BASE = 0x18;
/** Up to the last variable; later members differ between releases. */
const LENGTH = 0x280;
/** "KDBG". */
const OWNER_TAG = 0x4742_444b;
/** Sizes that blocks have had: 0x208 in NT 5.0, 0x380 and more in 10. */
const SIZES = { least: 0x200, most: 0x800 } as const;
const WORD = 0xffff_ffff_ffff_ffffn;

/**
 * The block of the kernel at `location`; undefined when it is not there.
 * @param known where it is, when symbols say so; else the kernel's image is searched
 */
export function findDebuggerData(
  space: AddressSpace,
  location: WindowsKernelLocation,
  known?: bigint,
): DebuggerData | undefined {
  for (const address of known === undefined ? candidates(space, location) : [known]) {
    const bytes = space.view(address, LENGTH)?.slice();
    const block = bytes && (plain(bytes, location.base) ?? decoded(bytes, location.base));
    if (block !== undefined) return { address, encoded: block !== bytes, symbols: variables(block, space) };
  }
  return undefined;
}

/** The block itself when it is not encoded: tag, size and the kernel's base in their places. */
function plain(bytes: Uint8Array, base: bigint): Uint8Array | undefined {
  if (u32(bytes, TAG) !== OWNER_TAG || !isSize(u32(bytes, TAG + 4))) return undefined;
  // 32-bit kernels extend the sign.
  return BigInt.asUintN(32, u64(bytes, KERNEL_BASE)) === BigInt.asUintN(32, base) ? bytes : undefined;
}

function isSize(value: number): boolean {
  return value >= SIZES.least && value <= SIZES.most;
}

function decoded(bytes: Uint8Array, base: bigint): Uint8Array | undefined {
  const [tag, kernel] = [u64(bytes, TAG), u64(bytes, KERNEL_BASE)];
  for (let by = 0n; by < 64n; by++) {
    const constant = moved(kernel, by) ^ base;
    const value = moved(tag, by) ^ constant;
    if ((value & 0xffff_ffffn) !== BigInt(OWNER_TAG) || !isSize(Number(value >> 32n))) continue;
    const out = new Uint8Array(bytes.length);
    const view = new DataView(out.buffer);
    for (let at = 0; at < bytes.length; at += 8) view.setBigUint64(at, moved(u64(bytes, at), by) ^ constant, true);
    return out;
  }
  return undefined;
}

const swap = new DataView(new ArrayBuffer(8));

/** Rotated left, then its bytes swapped. */
function moved(word: bigint, by: bigint): bigint {
  swap.setBigUint64(0, ((word << by) | (word >> (64n - by))) & WORD, true);
  return swap.getBigUint64(0, false);
}

/**
 * Where a block may be in the kernel's data: before its tag, or, encoded, where both halves of a list entry are the same,
 * as they are however they are encoded when the list has one member. Heads of empty lists lead to themselves, it does not.
 */
function* candidates(space: AddressSpace, location: WindowsKernelLocation): Generator<bigint> {
  for (const { address, bytes } of kernelData(space, location, LENGTH)) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    const low = Number(BigInt.asUintN(32, address));
    for (let at = 0; at * 4 + LENGTH <= bytes.length; at += 2) {
      const isTagged = words[at + 4] === OWNER_TAG;
      const first = words[at] as number;
      const isRing =
        first === words[at + 2] && words[at + 1] === words[at + 3] && first !== 0 && first !== low + at * 4;
      if (isTagged || isRing) yield address + BigInt(at * 4);
    }
  }
}

function variables(block: Uint8Array, space: AddressSpace): KernelSymbol[] {
  return Object.entries(VARIABLES).flatMap(([name, offset]): KernelSymbol[] => {
    const value = u64(block, offset);
    const address = space.pointerSize === 4 ? BigInt.asUintN(32, value) : value;
    const isKernel = space.pointerSize === 4 ? address >= 0x8000_0000n : address >> 47n === 0x1_ffffn;
    return isKernel ? [{ name, address }] : [];
  });
}
