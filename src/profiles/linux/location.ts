/** Where in an image the Linux kernel lies and how it translates addresses. Facts only; how they are found is elsewhere. */
import type { PagingModeName } from '../../memory/paging-modes.js';

export interface LinuxKernelLocation {
  readonly architecture: 'amd64' | 'i386';
  readonly paging: PagingModeName;
  /** Physical address of the kernel's own top-level table (`swapper_pg_dir`). */
  readonly dtb: number;
  /** What KASLR added to link-time virtual addresses; 0n without KASLR. */
  readonly kaslrOffset: bigint;
  /** amd64: `phys_base`; physical = virtual - 0xffffffff80000000 + physBase inside the kernel image. i386: 0. */
  readonly physBase: number;
  /** Keys and values of the VMCOREINFO note; empty when the image has none. */
  readonly vmcoreinfo: ReadonlyMap<string, string>;
  /** `6.1.0-50-amd64` */
  readonly release: string;
  /** The whole `Linux version …` line. */
  readonly banner: string;
}
