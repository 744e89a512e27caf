/**
 * The compact symbol files of NT kernels that come with the package, in profiles-data/windows.
 *
 * Microsoft's builds lie in one file a release (`profile-family.ts`; `builds.json` says which has which), others in a file
 * of their own that is called by the kernel's identity (`kernelIdentity`) with `_` for `/`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IsfDocument } from '../isf/isf-document.js';
import { readIsf } from '../isf/read-isf.js';
import { type FamilyBuild, familyDocument, type ProfileFamily, readFamily } from './profile-family.js';

/** The same distance from `src/profiles/windows` and from `dist/profiles/windows`. */
const DIRECTORY = new URL('../../../profiles-data/windows/', import.meta.url);

/** An identity as a file name: nothing from the guest that could lead out of the folder. */
const IDENTITY_FILE = /^([a-z]\w*\.exe)_([0-9A-Fa-f]{8,32})\.json$/;

/** A build in `builds.json`, by family. */
interface ListedBuild {
  readonly version: string;
  readonly remark?: string;
  readonly identity?: string;
}

export interface ShippedProfile {
  /** `ntkrnlmp.pdb/5278…-1`; undefined for tables whose source does not name the build's program database. */
  readonly identity: string | undefined;
  /** `10.0.19041.804`, `5.1.2600 (Windows XP SP3)`; of ReactOS what identifies it. */
  readonly version: string;
  readonly pointerSize: 4 | 8;
  readonly path: string;
  document(): IsfDocument;
}

/** The shipped symbol file for exactly this kernel; undefined when there is none. */
export function shippedProfile(identity: string): IsfDocument | undefined {
  return shippedProfiles()
    .find((one) => one.identity?.toLowerCase() === identity.toLowerCase())
    ?.document();
}

/**
 * Those of other builds with pointers of this size that a kernel may be read with, the nearest build first, of equally near
 * ones the newest. Of builds whose types are the same only one.
 * @param release `10.0.19044`, as far as it is known
 */
export function* neighbouringProfiles(pointerSize: 4 | 8, release: string): Generator<ShippedProfile> {
  const build = buildNumber(release);
  const distance = ({ version }: ShippedProfile) => Math.abs(buildNumber(version) - build);
  const candidates = shippedProfiles().filter((one) => one.pointerSize === pointerSize);
  const seen = new Set<string>();
  for (const candidate of candidates.reverse().sort((a, b) => distance(a) - distance(b))) {
    const types = candidate instanceof FamilyProfile ? candidate.types : candidate.path;
    if (seen.has(types)) continue;
    seen.add(types);
    yield candidate;
  }
}

/** `10.0.19041.804` -> 19041; 0 when there is none. */
function buildNumber(version: string): number {
  return Number(/^\d+\.\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}

/** All of them, by file and build; nothing is opened yet. */
export function shippedProfiles(): ShippedProfile[] {
  const listed = JSON.parse(readFileSync(new URL('builds.json', DIRECTORY), 'utf8')) as Record<string, ListedBuild[]>;
  const families = Object.entries(listed).flatMap(([family, builds]) => {
    const file = new FamilyFile(family);
    return builds.map((build, index) => new FamilyProfile(file, build, index));
  });
  const others = readdirSync(DIRECTORY)
    .sort()
    .flatMap((name): ShippedProfile[] => {
      const [, image, digits] = IDENTITY_FILE.exec(name) ?? [];
      const path = fileURLToPath(new URL(name, DIRECTORY));
      const identity = `${image}/${digits}`;
      return image === undefined
        ? []
        : [{ identity, version: identity, pointerSize: 4, path, document: () => readIsf(path) }];
    });
  return [...families, ...others];
}

/** A family file, opened when one of its builds is. */
class FamilyFile {
  readonly pointerSize: 4 | 8;
  readonly path: string;
  #family: ProfileFamily | undefined;

  constructor(name: string) {
    this.pointerSize = name.startsWith('x64') ? 8 : 4;
    this.path = fileURLToPath(new URL(`${name}.json.gz`, DIRECTORY));
  }

  get family(): ProfileFamily {
    this.#family ??= readFamily(this.path);
    return this.#family;
  }
}

class FamilyProfile implements ShippedProfile {
  readonly identity: string | undefined;
  readonly version: string;
  readonly #file: FamilyFile;
  readonly #index: number;

  constructor(file: FamilyFile, { identity, version, remark }: ListedBuild, index: number) {
    this.identity = identity;
    this.version = remark === undefined ? version : `${version} (${remark})`;
    this.#file = file;
    this.#index = index;
  }

  get pointerSize(): 4 | 8 {
    return this.#file.pointerSize;
  }

  get path(): string {
    return this.#file.path;
  }

  /** The same for builds with the same types. */
  get types(): string {
    return `${this.path} ${JSON.stringify(this.#build.user_types)}`;
  }

  document(): IsfDocument {
    return familyDocument(this.#file.family, this.#build, `${this.path} (${this.version})`);
  }

  get #build(): FamilyBuild {
    return this.#file.family.builds[this.#index] as FamilyBuild;
  }
}
