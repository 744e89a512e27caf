/** The images that are damaged: the synthetic ones always, real ones where there are any. */
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profilePathOf, typedLinuxImages } from '../analysis/test-kernels.js';
import { images } from '../ground-truth/images.js';
import { linuxGuest } from '../synthetic/linux-guest.js';
import { completeNt } from '../synthetic/windows/complete-nt.js';
import type { SubjectFile } from './subject.js';

export interface Candidate {
  readonly name: string;
  readonly system: 'linux' | 'windows';
  /** Writes or unpacks it where need be. */
  readonly file: () => Promise<SubjectFile>;
}

function synthetic(system: Candidate['system'], kind: string, bytes: () => Uint8Array): Candidate {
  return {
    name: `synthetic-${kind}`,
    system,
    file: async () => {
      // Always written anew, and under its name at once: several test processes may do so at the same time.
      const path = join(tmpdir(), `memlapse-synthetic-${kind}.raw`);
      const own = `${path}.${process.pid}`;
      await writeFile(own, bytes());
      await rename(own, path);
      return { path };
    },
  };
}

/** One NT before 10, one since: their structures differ most. */
const NT_VERSIONS = ['6.1.7601.24540', '10.0.19041.804'];

export const SYNTHETIC: readonly Candidate[] = [
  ...([64, 32] as const).map((bits) => synthetic('linux', `${bits}`, () => linuxGuest(bits))),
  ...NT_VERSIONS.map((version) => synthetic('windows', `nt-${version}`, () => completeNt(version).bytes)),
];

/** Every real image that can be analysed. */
export const REAL: readonly Candidate[] = [
  ...typedLinuxImages().map((test) => ({
    name: test.name,
    system: 'linux' as const,
    file: async () => ({ path: await test.path(), profilePath: await profilePathOf(test) }),
  })),
  ...images()
    .filter(({ name }) => name.startsWith('reactos-'))
    .map((test) => ({ name: test.name, system: 'windows' as const, file: async () => ({ path: await test.path() }) })),
];
