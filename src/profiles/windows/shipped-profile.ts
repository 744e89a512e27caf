/**
 * The compact symbol files of NT kernels that come with the package.
 *
 * One file a build in profiles-data/windows, called by the kernel's identity (`kernelIdentity`) with `_` for `/`; made by
 * scripts/prune-profile.ts.
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IsfDocument } from '../isf/isf-document.js';
import { readIsf } from '../isf/read-isf.js';

/** The same distance from `src/profiles/windows` and from `dist/profiles/windows`. */
const DIRECTORY = new URL('../../../profiles-data/windows/', import.meta.url);

/** An identity as a file name: nothing from the guest that could lead out of the folder. */
const IDENTITY_FILE = /^[a-z]\w*\.(?:exe|pdb)_[0-9A-Fa-f]{8,32}(?:-?[0-9a-f]{1,8})$/;

function fileFor(identity: string): string | undefined {
  const name = identity.replace('/', '_');
  return IDENTITY_FILE.test(name) ? fileURLToPath(new URL(`${name}.json`, DIRECTORY)) : undefined;
}

/** The shipped symbol file for exactly this kernel; undefined when there is none. */
export function shippedProfile(identity: string): IsfDocument | undefined {
  const path = fileFor(identity);
  return path !== undefined && existsSync(path) ? readIsf(path) : undefined;
}

export interface ShippedProfile {
  readonly identity: string;
  readonly path: string;
  readonly document: IsfDocument;
}

/** All of them: for listing, and for trying a neighbour of a build that is missing. */
export function shippedProfiles(): ShippedProfile[] {
  return readdirSync(DIRECTORY)
    .sort()
    .flatMap((file) => {
      const name = file.replace(/\.json$/, '');
      const path = fileURLToPath(new URL(file, DIRECTORY));
      return IDENTITY_FILE.test(name) ? [{ identity: name.replace('_', '/'), path, document: readIsf(path) }] : [];
    });
}
