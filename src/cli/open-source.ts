/** Opens what `-f` names: a file in any format that is known. */
import { Image } from '../analysis/image.js';
import { UsageError } from '../core/errors.js';
import { openMemory } from '../formats/open-image.js';

export interface SourceOptions {
  readonly profile?: string | undefined;
  readonly cache: boolean;
  /** Called while a compressed image is unpacked: bytes done, of how many. */
  readonly onUnpack?: (done: number, total: number) => void;
}

/** Opens the image that `source` names; throws `UsageError` when none is named and `UserError` when it cannot be read. */
export async function openSource(source: string | undefined, options: SourceOptions): Promise<Image> {
  if (source === undefined) throw new UsageError('no image is named', 'give one with --file (-f)');
  const memory = await openMemory(source, options.onUnpack === undefined ? {} : { onUnpack: options.onUnpack });
  return new Image(source, memory, {
    cache: options.cache,
    ...(options.profile === undefined ? {} : { profilePath: options.profile }),
  });
}
