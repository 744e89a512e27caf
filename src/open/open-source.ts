/**
 * Opens anything that has memory: a file in any format, or a source of `source-schemes.ts`. The entrance for the
 * command line and for library users alike.
 */
import { Image } from '../analysis/image.js';
import { openMemory } from '../formats/open-image.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { type SourceOptions, schemeOf } from './source-schemes.js';

export interface OpenImageOptions extends SourceOptions {
  /** A symbol file (ISF: .json, .json.gz, .json.xz) for the kernel in the image. */
  readonly profile?: string | undefined;
  /** Keep what was derived from the image for the next time; true unless told. */
  readonly cache?: boolean | undefined;
  /** Called while a compressed image is unpacked: bytes done, of how many. */
  readonly onUnpack?: ((done: number, total: number) => void) | undefined;
}

/** The memory of `source`. @throws UserError when it cannot be read as memory */
export async function openSourceMemory(source: string, options: OpenImageOptions = {}): Promise<PhysicalMemory> {
  const other = schemeOf(source);
  if (other !== undefined) return other.scheme.open(other.rest, options);
  return openMemory(source, options.onUnpack === undefined ? {} : { onUnpack: options.onUnpack });
}

/**
 * Opens `source` for analysis. The kernel is looked for when it is first needed.
 * @throws UserError when it cannot be read as memory
 */
export async function openImage(source: string, options: OpenImageOptions = {}): Promise<Image> {
  return imageOf(source, await openSourceMemory(source, options), options);
}

/** An image over memory that is open already; messages call it `name`. */
export function imageOf(name: string, memory: PhysicalMemory, { cache = true, profile }: OpenImageOptions = {}): Image {
  return new Image(name, memory, { cache, ...(profile === undefined ? {} : { profilePath: profile }) });
}
