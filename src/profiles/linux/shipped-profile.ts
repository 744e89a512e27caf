/**
 * The compact symbol files that come with the package, for distribution kernels that carry no BTF.
 *
 * One file a kernel release in profiles-data/linux, made by scripts/prune-profile.ts.
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IsfDocument } from '../isf/isf-document.js';
import { readIsf } from '../isf/read-isf.js';

/** The same distance from `src/profiles/linux` and from `dist/profiles/linux`. */
const DIRECTORY = new URL('../../../profiles-data/linux/', import.meta.url);

/** The shipped symbol file for kernel `release`; undefined when there is none. */
export function shippedProfile(release: string): IsfDocument | undefined {
  // The release comes from the guest, and becomes part of a path.
  if (!/^\d[\w.+-]*$/.test(release) || release.includes('..')) return undefined;
  const path = fileURLToPath(new URL(`${release}.json`, DIRECTORY));
  return existsSync(path) ? readIsf(path) : undefined;
}

export interface ShippedProfile {
  readonly release: string;
  readonly path: string;
  readonly document: IsfDocument;
}

/** Debian's names: version, number of the binary interface, flavour (`6.1.0-50-686-pae`). */
const RELEASE = /^(\d+\.\d+)\.\d+-(\d+)-([\w-]+)$/;

/**
 * The shipped symbol files for other builds of the same version and flavour, the nearest first: a stable kernel's
 * structures rarely change. Whoever uses one proves on the image that it fits.
 */
export function neighbouringProfiles(release: string): ShippedProfile[] {
  const [, version, number, flavour] = RELEASE.exec(release) ?? [];
  if (version === undefined) return [];
  const near: { readonly release: string; readonly distance: number }[] = [];
  for (const file of readdirSync(DIRECTORY)) {
    const other = RELEASE_FILE.exec(file)?.[1] ?? '';
    const [, otherVersion, otherNumber, otherFlavour] = RELEASE.exec(other) ?? [];
    if (otherVersion !== version || otherFlavour !== flavour || otherNumber === number) continue;
    near.push({ release: other, distance: Math.abs(Number(otherNumber) - Number(number)) });
  }
  near.sort((a, b) => a.distance - b.distance);
  return near.map((each) => {
    const path = fileURLToPath(new URL(`${each.release}.json`, DIRECTORY));
    return { release: each.release, path, document: readIsf(path) };
  });
}

/** A release begins with its version; other files in the folder (the list of what is wanted) do not. */
const RELEASE_FILE = /^(\d.*)\.json$/;

/** All of them, for listing. */
export function shippedProfiles(): ShippedProfile[] {
  return readdirSync(DIRECTORY)
    .sort()
    .flatMap((file) => {
      const release = RELEASE_FILE.exec(file)?.[1];
      const path = fileURLToPath(new URL(file, DIRECTORY));
      return release === undefined ? [] : [{ release, path, document: readIsf(path) }];
    });
}
