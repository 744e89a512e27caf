/**
 * Multiboot 0.6.96: ELF kernels and a.out-style images with load addresses in the header, command line, one module,
 * memory information. For test kernels.
 */
import { u32 } from '../../../core/bytes.js';
import { UserError } from '../../../core/errors.js';
import { BOOT_DATA, COMMAND_LINE_BYTES, HIGH_RAM_START, LOW_RAM_END, memoryRanges } from '../memory-map.js';
import { type BootPlan, type BootRequest, checkPlacements, encodeCommandLine, type Placement } from './boot-plan.js';
import { isElf, readElfImage } from './elf-image.js';
import { FLAT_GDT, flatEntry } from './flat-entry.js';

const HEADER_MAGIC = 0x1bad_b002;
const LOADER_MAGIC = 0x2bad_b002;
/** The header lies in the file's first 8192 bytes, 4-byte aligned (3.1). */
const SEARCH_BYTES = 8192;
/** Header flags: pages aligned, memory wanted, addresses given; other mandatory bits are not known. */
const HAS_ADDRESSES = 0x1_0000;
const MANDATORY_UNKNOWN = 0xfff8;
/** Bits of the information structure: memory, command line, modules, memory map, loader name (3.3). */
const INFO_FLAGS = 1 | 4 | 8 | 0x40 | 0x200;
const INFO_BYTES = 116;
const MODULE_BYTES = 16;
const MAP_ENTRY_BYTES = 24;
const LOADER_NAME = 'memlapse';

interface Header {
  readonly at: number;
  readonly flags: number;
}

function findHeader(bytes: Uint8Array): Header | undefined {
  const end = Math.min(bytes.length, SEARCH_BYTES) - 12;
  for (let at = 0; at <= end; at += 4) {
    if (u32(bytes, at) !== HEADER_MAGIC) continue;
    const flags = u32(bytes, at + 4);
    if ((HEADER_MAGIC + flags + u32(bytes, at + 8)) >>> 0 === 0) return { at, flags };
  }
  return undefined;
}

export function isMultiboot(bytes: Uint8Array): boolean {
  return findHeader(bytes) !== undefined;
}

function load(
  bytes: Uint8Array,
  { at, flags }: Header,
): { placements: readonly Placement[]; entry: number; end: number } {
  if ((flags & HAS_ADDRESSES) === 0) {
    if (!isElf(bytes)) throw new UserError('the multiboot kernel is no ELF file and gives no addresses');
    return readElfImage(bytes);
  }
  if (at + 32 > bytes.length) throw new UserError('the multiboot header is truncated');
  const [headerAddress, loadAddress, loadEnd, bssEnd, entry] = [12, 16, 20, 24, 28].map((field) =>
    u32(bytes, at + field),
  ) as [number, number, number, number, number];
  const start = at - (headerAddress - loadAddress);
  const end = loadEnd === 0 ? bytes.length : start + loadEnd - loadAddress;
  const size = Math.max(bssEnd, loadAddress + end - start) - loadAddress;
  if (start < 0 || end < start || end > bytes.length || size > 2 ** 30) {
    throw new UserError('the addresses in the multiboot header do not fit the file');
  }
  const content = bytes.subarray(start, end);
  const placements = [{ address: loadAddress, bytes: content, zeros: size - content.length }];
  return { placements, entry, end: loadAddress + size };
}

/** @throws UserError when the file is no multiboot kernel or wants what we do not have. */
export function planMultiboot(request: BootRequest): BootPlan {
  const { kernel, ramBytes, initrd } = request;
  const header = findHeader(kernel);
  if (header === undefined) throw new UserError('the kernel has no multiboot header');
  if ((header.flags & MANDATORY_UNKNOWN) !== 0) {
    throw new UserError(`the multiboot kernel requires features 0x${(header.flags & MANDATORY_UNKNOWN).toString(16)}`);
  }
  const { placements, entry, end } = load(kernel, header);
  const moduleAt = (end + 0xfff) & ~0xfff;
  const info = information(request, moduleAt);
  return {
    protocol: 'Multiboot',
    placements: checkPlacements(
      [
        ...placements,
        FLAT_GDT,
        { address: BOOT_DATA.startInfo, bytes: info },
        { address: BOOT_DATA.commandLine, bytes: encodeCommandLine(request.commandLine, COMMAND_LINE_BYTES) },
        ...(initrd === undefined ? [] : [{ address: moduleAt, bytes: initrd }]),
      ],
      ramBytes,
    ),
    entry: flatEntry(entry, { rax: LOADER_MAGIC, rbx: BOOT_DATA.startInfo }),
  };
}

function information({ ramBytes, initrd }: BootRequest, moduleAt: number): Uint8Array {
  const base = BOOT_DATA.startInfo;
  const ranges = memoryRanges(ramBytes);
  const mapAt = INFO_BYTES + MODULE_BYTES;
  const nameAt = mapAt + ranges.length * MAP_ENTRY_BYTES;
  const info = new Uint8Array(nameAt + LOADER_NAME.length + 1);
  const view = new DataView(info.buffer);
  const set = (offset: number, value: number): void => view.setUint32(offset, value, true);
  set(0, INFO_FLAGS);
  set(4, LOW_RAM_END >> 10);
  set(8, (ramBytes - HIGH_RAM_START) >> 10);
  set(16, BOOT_DATA.commandLine);
  set(20, initrd === undefined ? 0 : 1);
  set(24, base + INFO_BYTES);
  set(44, ranges.length * MAP_ENTRY_BYTES);
  set(48, base + mapAt);
  set(64, base + nameAt);
  set(INFO_BYTES, moduleAt);
  set(INFO_BYTES + 4, moduleAt + (initrd?.length ?? 0));
  set(INFO_BYTES + 8, BOOT_DATA.commandLine);
  ranges.forEach((range, i) => {
    const at = mapAt + i * MAP_ENTRY_BYTES;
    set(at, MAP_ENTRY_BYTES - 4);
    view.setBigUint64(at + 4, BigInt(range.start), true);
    view.setBigUint64(at + 12, BigInt(range.length), true);
    set(at + 20, range.type);
  });
  info.set(new TextEncoder().encode(LOADER_NAME), nameAt);
  return info;
}
