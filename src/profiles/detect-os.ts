/**
 * Which operating system an image holds: a table of the ones that can be found, asked in order.
 *
 * Only who it is and where; loading its profile is each system's own business.
 */
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { findLinuxKernel } from './linux/find-linux-kernel.js';
import type { Profile } from './types.js';

export interface DetectedOs {
  readonly os: Profile['os'];
  readonly architecture: 'amd64' | 'i386';
  /** Kernel release, or Windows build. */
  readonly release: string;
  /** What the kernel says of itself; see `Profile.banner`. */
  readonly banner: string;
}

interface OsDetector {
  readonly os: Profile['os'];
  detect(memory: PhysicalMemory): Omit<DetectedOs, 'os'> | undefined;
}

const DETECTORS: readonly OsDetector[] = [{ os: 'linux', detect: findLinuxKernel }];

/** The first system that is found in `memory`; undefined when there is none. */
export function detectOs(memory: PhysicalMemory): DetectedOs | undefined {
  for (const { os, detect } of DETECTORS) {
    const found = detect(memory);
    if (found !== undefined) {
      const { architecture, release, banner } = found;
      return { os, architecture, release, banner };
    }
  }
  return undefined;
}
