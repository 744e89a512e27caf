/**
 * The version of Windows that a kernel calls itself, from the page that it shares with all processes.
 * Source: KUSER_SHARED_DATA, public in ntddk.h; the members read have not moved since NT 5.0.
 */
import { u32 } from '../../core/bytes.js';
import type { AddressSpace } from '../../memory/address-space.js';

/** Where the kernel sees the page. */
export const SHARED_DATA = { 4: 0xffdf_0000n, 8: 0xffff_f780_0000_0000n } as const;
const MAJOR_VERSION = 0x26cn;
/** From Windows 10 on; before, that place was never written. */
const BUILD_NUMBER = 0x260n;
/** NtBuildNumber has flags in its upper half: checked build. */
const BUILD_MASK = 0xffff;

/**
 * `10.0.19041`; undefined when the page is missing.
 * @param buildVariable address of the exported NtBuildNumber
 */
export function windowsVersion(space: AddressSpace, buildVariable: bigint | undefined): string | undefined {
  const shared = SHARED_DATA[space.pointerSize];
  const version = space.view(shared + MAJOR_VERSION, 8);
  if (version === undefined) return undefined;
  const numbers = `${u32(version, 0)}.${u32(version, 4)}`;
  const exported = buildVariable === undefined ? undefined : space.view(buildVariable, 4);
  const bytes = exported ?? space.view(shared + BUILD_NUMBER, 4);
  const build = bytes === undefined ? 0 : u32(bytes, 0) & BUILD_MASK;
  return build === 0 ? numbers : `${numbers}.${build}`;
}
