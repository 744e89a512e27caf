/**
 * Remembers where an image's kernel was found, and its symbol table.
 *
 * The key is made of what tells images apart cheaply; it may still stand for another image (the same guest at another
 * boot), so what comes out of the cache is proven against this one before it is believed: the page tables must map the
 * kernel's text where the cache says, and the banner must stand where it stood. Build and load address given, the symbol
 * table follows.
 */
import { createHash } from 'node:crypto';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { BlobCache } from '../cache/blob-cache.js';
import type { Kallsyms } from './kallsyms.js';
import { type KallsymsShape, kallsymsFromBlob, kallsymsToBlob } from './kallsyms-blob.js';
import { KernelImage } from './kernel-image.js';
import { imageSlide, type LinuxKernelLocation, pointerSizeOf } from './location.js';
import { translateFrom } from './page-table-roots.js';
import { scanPhysical } from './scan-physical.js';

/** Change it when what is stored changes its form. */
const FORM = 2;
const LOW_MEMORY = 0x10_0000;
const IMAGE_REACH = 64 * 1024 * 1024;

export interface RememberedKernel {
  readonly location: LinuxKernelLocation;
  readonly kallsyms: Kallsyms;
}

/** The header of a blob: bigints as hexadecimal text, the symbol table behind it as bytes. */
interface Stored {
  readonly location: Omit<LinuxKernelLocation, 'textStart' | 'kaslrOffset' | 'vmcoreinfo'>;
  readonly textStart: string;
  readonly kaslrOffset: string;
  readonly vmcoreinfo: readonly (readonly [string, string])[];
  /** Physical address of the banner. */
  readonly bannerAt: number;
  readonly kallsyms: KallsymsShape;
}

/** What the cache knows about the kernel of `memory`, proven against it; undefined when nothing. */
export function recallKernel(memory: PhysicalMemory, cache: BlobCache): RememberedKernel | undefined {
  const blob = cache.get(keyOf(memory));
  if (blob === undefined) return undefined;
  const headerLength = blob.readUInt32LE(0);
  const stored = JSON.parse(blob.toString('utf8', 4, 4 + headerLength)) as Stored;
  const location: LinuxKernelLocation = {
    ...stored.location,
    textStart: BigInt(stored.textStart),
    kaslrOffset: BigInt(stored.kaslrOffset),
    vmcoreinfo: new Map(stored.vmcoreinfo),
  };
  if (!standsIn(memory, location, stored.bannerAt)) return undefined;
  const kallsyms = kallsymsFromBlob(stored.kallsyms, blob.subarray(4 + headerLength));
  return kallsyms && { location, kallsyms };
}

/** Stores a kernel that was found in `memory`. One without a banner is not stored: nothing could prove it later. */
export function rememberKernel(memory: PhysicalMemory, found: RememberedKernel, cache: BlobCache): void {
  const { location, kallsyms } = found;
  const bannerAt = locateBanner(memory, location);
  if (bannerAt === undefined) return;
  const { textStart, kaslrOffset, vmcoreinfo, ...plain } = location;
  const { shape, bytes } = kallsymsToBlob(kallsyms);
  const stored: Stored = {
    location: plain,
    textStart: textStart.toString(),
    kaslrOffset: kaslrOffset.toString(),
    vmcoreinfo: [...vmcoreinfo],
    bannerAt,
    kallsyms: shape,
  };
  const header = Buffer.from(JSON.stringify(stored), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  cache.put(keyOf(memory), Buffer.concat([length, header, bytes]));
}

function standsIn(memory: PhysicalMemory, location: LinuxKernelLocation, bannerAt: number): boolean {
  const { architecture, banner, dtb, paging, physBase, textStart } = location;
  const text = Number(textStart - imageSlide(architecture, physBase));
  if (translateFrom(memory, { root: dtb, mode: paging }, textStart) !== text) return false;
  const bytes = Buffer.alloc(banner.length);
  return memory.read(bannerAt, bytes) === bytes.length && bytes.toString('latin1') === banner;
}

function locateBanner(memory: PhysicalMemory, location: LinuxKernelLocation): number | undefined {
  const { architecture, banner, physBase, textStart } = location;
  if (banner === '') return undefined;
  const image = new KernelImage(memory, pointerSizeOf(architecture), imageSlide(architecture, physBase));
  const start = image.physical(textStart);
  if (start === undefined) return undefined;
  const hit = scanPhysical(memory, Buffer.from(banner, 'latin1'), start, start + IMAGE_REACH).next();
  return hit.done === true ? undefined : hit.value;
}

function keyOf(memory: PhysicalMemory): string {
  return `linux kernel ${FORM} ${machineDigest(memory)}`;
}

/**
 * Format, extent and the first megabyte, in which an amd64 kernel leaves a table of its own: the same at every moment of a
 * machine, and hardly ever for two machines.
 */
export function machineDigest(memory: PhysicalMemory): string {
  const { format, ranges, end, vmcoreinfo } = memory;
  const low = new Uint8Array(LOW_MEMORY);
  const length = memory.read(0, low);
  const identity = JSON.stringify([format, ranges, end, vmcoreinfo]);
  return createHash('sha1').update(identity).update(low.subarray(0, length)).digest('hex');
}
