/**
 * The application compatibility cache of XP, which is no data of the kernel: programs share memory that begins with a number
 * to know it by, the count of entries, and their order, the one used last first.
 *
 * Offsets are facts as published with Volatility 3 (symbols/windows/shimcache).
 */
import { u32, u64, utf16Text } from '../../../core/bytes.js';
import { addressRanges } from '../address-ranges.js';
import type { WindowsKernel } from '../kernel.js';
import { processes } from '../processes.js';
import type { ShimCacheEntry } from './shim-cache-entry.js';

const MAGIC = 0xdead_beef;
const HEADER = { count: 8, order: 0x10, size: 0x190 } as const;
const ENTRY = { path: 0, pathBytes: 520, modified: 0x210, fileSize: 0x218, updated: 0x220, size: 0x228 } as const;
const MAX_ENTRIES = 96;

/** The entries of the first copy that a process maps: all map the same memory. Undefined when none does. */
export function sharedShimCache(kernel: WindowsKernel): ShimCacheEntry[] | undefined {
  for (const process of processes(kernel)) {
    const space = kernel.processSpace(process);
    if (space === undefined) continue;
    for (const { start, kind } of addressRanges(kernel, process)) {
      const header = kind === 'mapped' ? space.view(start, HEADER.size)?.slice() : undefined;
      if (header === undefined || u32(header, 0) !== MAGIC || u32(header, HEADER.count) > MAX_ENTRIES) continue;
      const order = Array.from({ length: u32(header, HEADER.count) }, (_, at) => u32(header, HEADER.order + at * 4));
      return order
        .filter((index) => index < MAX_ENTRIES)
        .map((index) => {
          const offset = start + BigInt(HEADER.size + index * ENTRY.size);
          const bytes = space.view(offset, ENTRY.size);
          if (bytes === undefined) {
            kernel.faults.note(offset, space.name);
            return { path: undefined, modified: undefined, offset };
          }
          return {
            path: utf16Text(bytes.subarray(ENTRY.path, ENTRY.pathBytes)),
            modified: u64(bytes, ENTRY.modified),
            size: Number(BigInt.asIntN(64, u64(bytes, ENTRY.fileSize))),
            updated: u64(bytes, ENTRY.updated),
            offset,
          };
        });
    }
  }
  return undefined;
}
