/** Where in an image the NT kernel lies and how it translates addresses. Facts only; how they are found is elsewhere. */
import type { PdbRecord } from '../../formats/pe/pdb-record.js';
import type { PeImage } from '../../formats/pe/pe-image.js';
import type { PagingModeName } from '../../memory/paging-modes.js';

export interface WindowsKernelLocation {
  readonly architecture: 'amd64' | 'i386';
  readonly paging: PagingModeName;
  /** Physical address of a top-level table that maps the kernel: that of the System process once it is known. */
  readonly dtb: number;
  /** Run-time address of the kernel image. */
  readonly base: bigint;
  /** The kernel image in memory. */
  readonly image: PeImage;
  /** Which program database describes it; undefined where the kernel has none (ReactOS), or it is paged out. */
  readonly pdb: PdbRecord | undefined;
}

/**
 * What identifies the kernel's build: the name, GUID and age of its program database, else the name, time stamp and size
 * of its image, as symbol servers do. `ntkrnlmp.pdb/5278…-1`, `ntoskrnl.exe/5E7A11C04AB000`.
 */
export function kernelIdentity({ pdb, image }: Pick<WindowsKernelLocation, 'pdb' | 'image'>): string {
  if (pdb !== undefined) return `${pdb.name}/${pdb.guid}-${pdb.age}`;
  const { timestamp, imageSize } = image.headers;
  return `ntoskrnl.exe/${timestamp.toString(16).padStart(8, '0').toUpperCase()}${imageSize.toString(16)}`;
}
