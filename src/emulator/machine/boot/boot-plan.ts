/**
 * What a boot loader decides: bytes to place in guest RAM and the processor state to start with. Pure data, so that a
 * loader can be tested without a machine and a machine reset can start over.
 */
import { UserError } from '../../../core/errors.js';
import type { EntryState } from '../../cpu/processor.js';

export interface Placement {
  readonly address: number;
  /** Views of the files where possible: a kernel is large, and who boots it drops the plan together with the files. */
  readonly bytes: Uint8Array;
  /** How many bytes of zeros follow. */
  readonly zeros?: number;
}

/** One past the last byte placed. */
export function placementEnd({ address, bytes, zeros = 0 }: Placement): number {
  return address + bytes.length + zeros;
}

export interface BootPlan {
  /** "PVH", "Linux boot protocol 2.15", "Multiboot": what messages call it. */
  readonly protocol: string;
  readonly placements: readonly Placement[];
  readonly entry: EntryState;
}

/** What every loader is given. */
export interface BootRequest {
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly commandLine: string;
  readonly ramBytes: number;
  /** Physical address of the ACPI root pointer, 0 when there are no tables. */
  readonly rsdp: number;
}

/** A NUL-terminated command line. @throws UserError when it is longer than the space for it. */
export function encodeCommandLine(text: string, most: number): Uint8Array {
  const bytes = new TextEncoder().encode(`${text}\0`);
  if (bytes.length > most) {
    throw new UserError(`the kernel command line has ${bytes.length - 1} bytes`, `use at most ${most - 1}`);
  }
  return bytes;
}

/**
 * Where an initial RAM disk goes: as high as RAM and `highest` allow, page-aligned, clear of what lies below `floor`.
 * @throws UserError when there is no room.
 */
export function placeInitrd(length: number, ramBytes: number, floor: number, highest = 0x37ff_ffff): number {
  const top = Math.min(ramBytes, highest + 1);
  const address = Math.floor((top - length) / 4096) * 4096;
  if (address < floor) {
    throw new UserError(
      `kernel and initrd (${Math.ceil(length / 2 ** 20)} MiB) do not fit into ${ramBytes / 2 ** 20} MiB of RAM`,
      'give the guest more memory',
    );
  }
  return address;
}

/** Checks that all placements lie in RAM. @throws UserError otherwise. */
export function checkPlacements(placements: readonly Placement[], ramBytes: number): readonly Placement[] {
  for (const placement of placements) {
    if (placement.address < 0 || placementEnd(placement) > ramBytes) {
      throw new UserError(
        `the kernel wants to lie at 0x${placement.address.toString(16)}, beyond ${ramBytes / 2 ** 20} MiB of RAM`,
        'give the guest more memory',
      );
    }
  }
  return placements;
}
