/** The two ways to a symbol file: from a kernel's build files, and from an image of the running kernel. */
import { openImage } from '../open/open-source.js';
import { buildProfile } from '../profiles/build/build-profile.js';
import { type IsfFile, writeIsf } from '../profiles/isf/write-isf.js';

export interface BuiltSymbolFile {
  readonly file: IsfFile;
  /** Where types and symbols came from, one line each. */
  readonly sources: readonly string[];
}

/** From files of the kernel's build or a package of them. Throws `UserError` when there are no types in them. */
export async function profileFromFiles(
  paths: readonly string[],
  onProgress: (done: number, all: number) => void,
): Promise<BuiltSymbolFile> {
  const profile = await buildProfile(paths, { onProgress });
  const options =
    'windows' in profile ? { windows: profile.windows } : { origin: { kind: 'dwarf', name: profile.release } };
  return { file: writeIsf(profile, options), sources: profile.sources };
}

/** From the kernel in an image; addresses are written as they were linked. Throws `UserError` when there is no kernel. */
export async function profileFromImage(path: string): Promise<BuiltSymbolFile> {
  const image = await openImage(path);
  try {
    const { profile, location } = await image.requireLinux();
    // Below the kernel's half stand per-CPU offsets and constants, which KASLR does not move.
    const lowest = profile.pointerSize === 8 ? 1n << 63n : 0xc000_0000n;
    return { file: writeIsf(profile, { shift: location.kaslrOffset, lowest }), sources: profile.sources };
  } finally {
    image.close();
  }
}
