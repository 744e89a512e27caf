/** Judges an address range of a process: why it may hold code that was put there. No names of malware, only facts. */
import { u16 } from '../../core/bytes.js';
import type { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { residentChunks } from '../resident-chunks.js';
import type { AddressRange } from './address-ranges.js';

export interface Suspicion {
  /** One short phrase for each reason. */
  readonly reasons: readonly string[];
  /** The first page that shows it. */
  readonly address: bigint;
}

/** "MZ". */
const IMAGE_MAGIC = 0x5a4d;

/**
 * Why `range` is worth a look; undefined when it is not, and when nothing of it is in memory but zeroes. The protection is the
 * one that the range was made with; where it says nothing of code, pages that the processor may execute do.
 */
export function rangeSuspicion(space: PagedAddressSpace, range: AddressRange): Suspicion | undefined {
  if (range.kind === 'image') return undefined;
  const made = range.protection ?? '';
  const isExecutable = made.includes('EXECUTE');
  const isWritable = made.includes('READWRITE') || made.includes('WRITECOPY');
  const changed = isExecutable ? undefined : executablePage(space, range);
  if (!isExecutable && changed === undefined) return undefined;
  const written = firstWritten(space, range, changed);
  if (written === undefined) return undefined;
  const reasons: string[] = [];
  if (isExecutable && range.kind === 'private') reasons.push('executable without a file');
  if (isExecutable && isWritable) reasons.push('writable and executable');
  if (changed !== undefined) reasons.push('made executable later');
  if (written.isImage) reasons.push('begins with an image header');
  return reasons.length === 0 ? undefined : { reasons, address: written.address };
}

/** Without a no-execute bit (32-bit tables) every page is executable, and that says nothing. */
function executablePage(space: PagedAddressSpace, { start, end }: AddressRange): bigint | undefined {
  if (space.mode.entrySize !== 8) return undefined;
  for (const leaf of space.leafEntries(start, end)) {
    if (!leaf.present) continue;
    const page = space.translate(leaf.start);
    if (page.kind === 'mapped' && page.executable) return leaf.start;
  }
  return undefined;
}

function firstWritten(space: PagedAddressSpace, { start, end }: AddressRange, from: bigint | undefined) {
  for (const { offset, bytes } of residentChunks(space, from ?? start, end)) {
    if (bytes.every((byte) => byte === 0)) continue;
    const address = (from ?? start) + BigInt(offset);
    return { address, isImage: bytes.length >= 2 && u16(bytes, 0) === IMAGE_MAGIC };
  }
  return undefined;
}
