/** Opens what `-f` names: a file in any format that is known. */
import type { Image } from '../analysis/image.js';
import { type OpenImageOptions, openImage } from '../analysis/open-image.js';
import { UsageError } from '../core/errors.js';

/** Throws `UsageError` when no source is named and `UserError` when it cannot be read. */
export async function openSource(source: string | undefined, options: OpenImageOptions): Promise<Image> {
  if (source === undefined) throw new UsageError('no image is named', 'give one with --file (-f)');
  return openImage(source, options);
}
