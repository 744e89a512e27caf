/**
 * KDDEBUGGER_DATA64 (wdbgexts.h), by which debuggers find their way, plain or as kernels since Windows 8 keep it: encoded
 * with two values drawn at boot and the address of the flag that says so.
 */
import { KERNEL_BASE, type NtGuest } from './nt-guest.js';

/** Offsets of pointers to kernel variables of these names. */
const VARIABLES: readonly (readonly [number, string])[] = [
  [0x48, 'PsLoadedModuleList'],
  [0x50, 'PsActiveProcessHead'],
  [0x58, 'PspCidTable'],
  [0x78, 'KeTimeIncrement'],
  [0x80, 'KeBugCheckCallbackListHead'],
  [0x88, 'KiBugCheckData'],
  [0x98, 'ObpRootDirectoryObject'],
  [0xa0, 'ObpTypeObjectType'],
  [0xc0, 'MmPfnDatabase'],
  [0x1b8, 'PoolTrackTable'],
  [0x1c8, 'MmHighestUserAddress'],
  [0x1d0, 'MmSystemRangeStart'],
  [0x218, 'KiProcessorBlock'],
  [0x220, 'MmUnloadedDrivers'],
  [0x228, 'MmLastUnloadedDriver'],
];
const SIZE = 0x380;
const WORD = (1n << 64n) - 1n;
const WAIT_NEVER = 0x9d5e_31c4_77a2_0b5dn;
const WAIT_ALWAYS = 0x1f24_8ce9_b056_d713n;

/** Writes the block; encoded where the build can and `plain` does not say otherwise. */
export function writeDebuggerData(guest: NtGuest, plain: boolean): void {
  const { memory, types } = guest;
  const at = guest.symbol('KdDebuggerDataBlock');
  const list = types.rva('KdpDebuggerDataListHead') === undefined ? at : guest.symbol('KdpDebuggerDataListHead');
  const block = Buffer.alloc(SIZE);
  const words: [number, bigint][] = [
    [0, list],
    [8, list],
    [0x18, KERNEL_BASE],
    ...VARIABLES.flatMap(([offset, name]): [number, bigint][] =>
      types.rva(name) === undefined ? [] : [[offset, guest.symbol(name)]],
    ),
  ];
  for (const [offset, value] of words) block.writeBigUInt64LE(value, offset);
  block.write('KDBG', 0x10, 'latin1');
  block.writeUInt32LE(SIZE, 0x14);
  const canEncode = types.rva('KdpDataBlockEncoded') !== undefined;
  if (!canEncode || plain) {
    memory.write(at, block);
    if (canEncode) memory.integer(guest.symbol('KdpDataBlockEncoded'), 1, 0);
    if (list !== at) memory.ring([list, at]);
    return;
  }
  memory.integer(guest.symbol('KdpDataBlockEncoded'), 1, 1);
  memory.integer(guest.symbol('KiWaitNever'), 8, WAIT_NEVER);
  memory.integer(guest.symbol('KiWaitAlways'), 8, WAIT_ALWAYS);
  for (let offset = 0; offset < SIZE; offset += 8) {
    block.writeBigUInt64LE(encoded(block.readBigUInt64LE(offset), guest.symbol('KdpDataBlockEncoded')), offset);
  }
  memory.write(at, block);
  memory.ring([list]);
}

/** The inverse of: rotate (value xor WaitNever) left by WaitNever's low byte, xor the address, swap, xor WaitAlways. */
function encoded(value: bigint, flag: bigint): bigint {
  const swapped = BigInt.asUintN(
    64,
    Buffer.from((value ^ WAIT_ALWAYS).toString(16).padStart(16, '0'), 'hex').readBigUInt64LE(),
  );
  const mixed = swapped ^ flag;
  const by = WAIT_NEVER & 63n;
  return (((mixed >> by) | (mixed << (64n - by))) & WORD) ^ WAIT_NEVER;
}
