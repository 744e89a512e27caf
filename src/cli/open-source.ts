/** Opens what `-f` names: a file in any format that is known, a snapshot, or another source. */
import type { Image } from '../analysis/image.js';
import { UsageError } from '../core/errors.js';
import { type OpenImageOptions, openImage } from '../open/open-source.js';

/** Throws `UsageError` when no source is named and `UserError` when it cannot be read. */
export async function openSource(source: string | undefined, options: OpenImageOptions): Promise<Image> {
  if (source === undefined) throw new UsageError('no image is named', 'give one with --file (-f)');
  return openImage(source, options);
}
