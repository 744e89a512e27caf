/** The images that are damaged: the synthetic ones always, real ones where there are any. */
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profilePathOf, typedLinuxImages } from '../analysis/test-kernels.js';
import { linuxGuest } from '../synthetic/linux-guest.js';
import type { SubjectFile } from './subject.js';

export interface Candidate {
  readonly name: string;
  /** Writes or unpacks it where need be. */
  readonly file: () => Promise<SubjectFile>;
}

export const SYNTHETIC: readonly Candidate[] = ([64, 32] as const).map((bits) => ({
  name: `synthetic-${bits}`,
  file: async () => {
    // Always written anew, and under its name at once: several test processes may do so at the same time.
    const path = join(tmpdir(), `memlapse-synthetic-${bits}.raw`);
    const own = `${path}.${process.pid}`;
    await writeFile(own, linuxGuest(bits));
    await rename(own, path);
    return { path };
  },
}));

/** Every real image that can be analysed. */
export const REAL: readonly Candidate[] = typedLinuxImages().map((test) => ({
  name: test.name,
  file: async () => ({ path: await test.path(), profilePath: await profilePathOf(test) }),
}));
