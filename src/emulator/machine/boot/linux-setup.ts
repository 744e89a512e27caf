/**
 * The setup header of a Linux bzImage (Linux, Documentation/arch/x86/boot.rst), and the zero page (boot_params) that a
 * loader fills from it.
 */
import { u8, u16, u32, u64Number } from '../../../core/bytes.js';
import { UserError } from '../../../core/errors.js';
import { BOOT_DATA, COMMAND_LINE_BYTES, memoryRanges } from '../memory-map.js';
import type { BootRequest, Placement } from './boot-plan.js';
import { encodeCommandLine } from './boot-plan.js';

const HEADER_MAGIC = 0x5372_6448;
/** Offsets in the file and, from 1F1h on, in boot_params too. */
const FIELD = {
  setupSectors: 0x1f1,
  bootFlag: 0x1fe,
  jump: 0x200,
  magic: 0x202,
  version: 0x206,
  loaderType: 0x210,
  loadFlags: 0x211,
  code32Start: 0x214,
  ramdiskImage: 0x218,
  ramdiskSize: 0x21c,
  heapEnd: 0x224,
  commandLine: 0x228,
  initrdHighest: 0x22c,
  relocatable: 0x234,
  payloadOffset: 0x248,
  payloadLength: 0x24c,
  preferredAddress: 0x258,
  initSize: 0x260,
} as const;
/** Fields of boot_params outside the header (boot.rst, zero-page.rst). */
const ZERO_PAGE = { bytes: 4096, rsdp: 0x70, mapEntries: 0x1e8, map: 0x2d0, header: 0x1f1 } as const;
const MAP_ENTRY_BYTES = 20;
const UNKNOWN_LOADER = 0xff;
const LOADED_HIGH = 1;
const CAN_USE_HEAP = 0x80;

export interface LinuxSetup {
  /** Boot protocol, 0x20f for 2.15. */
  readonly version: number;
  /** The protected-mode part of the file. */
  readonly protectedMode: Uint8Array;
  /** The compressed kernel inside it. */
  readonly payload: Uint8Array;
  readonly initrdHighest: number;
  readonly preferredAddress: number;
  /** Bytes that the kernel needs from where it is loaded on until it knows the memory map. */
  readonly initSize: number;
  /** The header as the file has it. */
  readonly header: Uint8Array;
}

export function isBzImage(bytes: Uint8Array): boolean {
  return bytes.length > 0x264 && u32(bytes, FIELD.magic) === HEADER_MAGIC && u16(bytes, FIELD.bootFlag) === 0xaa55;
}

/** @throws UserError when the protocol is older than 2.10 (Linux 2.6.31) or the file is cut. */
export function readLinuxSetup(bytes: Uint8Array): LinuxSetup {
  const version = u16(bytes, FIELD.version);
  if (version < 0x20a || (u8(bytes, FIELD.loadFlags) & LOADED_HIGH) === 0) {
    throw new UserError(
      `the kernel's boot protocol ${version >> 8}.${version & 0xff} is too old`,
      'use a bzImage of Linux 2.6.31 or later',
    );
  }
  const start = ((u8(bytes, FIELD.setupSectors) || 4) + 1) * 512;
  const payloadAt = start + u32(bytes, FIELD.payloadOffset);
  const payloadEnd = payloadAt + u32(bytes, FIELD.payloadLength);
  if (payloadEnd > bytes.length) throw new UserError('the bzImage is truncated', 'fetch it again');
  return {
    version,
    protectedMode: bytes.subarray(start),
    payload: bytes.subarray(payloadAt, payloadEnd),
    initrdHighest: u32(bytes, FIELD.initrdHighest),
    preferredAddress: u64Number(bytes, FIELD.preferredAddress),
    initSize: u32(bytes, FIELD.initSize),
    header: bytes.subarray(FIELD.setupSectors, FIELD.magic + u8(bytes, FIELD.jump + 1)),
  };
}

/** What a loader writes into the zero page. */
export interface ZeroPage {
  readonly header?: Uint8Array;
  readonly code32Start: number;
  readonly initrdAt: number;
}

/** boot_params and the command line, ready to be placed. */
export function zeroPage(request: BootRequest, page: ZeroPage): readonly Placement[] {
  const bytes = new Uint8Array(ZERO_PAGE.bytes);
  const view = new DataView(bytes.buffer);
  if (page.header !== undefined) bytes.set(page.header, ZERO_PAGE.header);
  view.setBigUint64(ZERO_PAGE.rsdp, BigInt(request.rsdp), true);
  view.setUint8(FIELD.loaderType, UNKNOWN_LOADER);
  view.setUint8(FIELD.loadFlags, view.getUint8(FIELD.loadFlags) | LOADED_HIGH | CAN_USE_HEAP);
  view.setUint16(FIELD.bootFlag, 0xaa55, true);
  view.setUint32(FIELD.magic, HEADER_MAGIC, true);
  view.setUint16(FIELD.heapEnd, 0xfe00, true);
  view.setUint32(FIELD.code32Start, page.code32Start, true);
  view.setUint32(FIELD.commandLine, BOOT_DATA.commandLine, true);
  view.setUint32(FIELD.ramdiskImage, page.initrdAt, true);
  view.setUint32(FIELD.ramdiskSize, request.initrd?.length ?? 0, true);
  const ranges = memoryRanges(request.ramBytes);
  view.setUint8(ZERO_PAGE.mapEntries, ranges.length);
  ranges.forEach((range, i) => {
    const at = ZERO_PAGE.map + i * MAP_ENTRY_BYTES;
    view.setBigUint64(at, BigInt(range.start), true);
    view.setBigUint64(at + 8, BigInt(range.length), true);
    view.setUint32(at + 16, range.type, true);
  });
  return [
    { address: BOOT_DATA.bootParams, bytes },
    { address: BOOT_DATA.commandLine, bytes: encodeCommandLine(request.commandLine, COMMAND_LINE_BYTES) },
  ];
}
