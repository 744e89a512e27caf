/** Opens an image file for analysis: the entrance for library users and for the command line alike. */
import { openMemory } from '../formats/open-image.js';
import { Image } from './image.js';

export interface OpenImageOptions {
  /** A symbol file (ISF: .json, .json.gz, .json.xz) for the kernel in the image. */
  readonly profile?: string | undefined;
  /** Keep what was derived from the image for the next time; true unless told. */
  readonly cache?: boolean | undefined;
  /** Called while a compressed image is unpacked: bytes done, of how many. */
  readonly onUnpack?: ((done: number, total: number) => void) | undefined;
}

/**
 * Opens the memory image at `path`, whatever its format. The kernel is looked for when it is first needed.
 * @throws UserError when the file cannot be read as memory.
 */
export async function openImage(path: string, options: OpenImageOptions = {}): Promise<Image> {
  const memory = await openMemory(path, options.onUnpack === undefined ? {} : { onUnpack: options.onUnpack });
  return new Image(path, memory, {
    cache: options.cache ?? true,
    ...(options.profile === undefined ? {} : { profilePath: options.profile }),
  });
}
