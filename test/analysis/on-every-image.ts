/**
 * Runs tests once on each real Linux image there is, with the kernel opened and the guest's own account beside it.
 * Without any image the tests are skipped, and say so.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Image } from '../../src/analysis/image.js';
import type { Options, OptionsOf, Plugin, PluginIo } from '../../src/analysis/plugin.js';
import { SILENT_IO } from '../../src/analysis/run-plugin.js';
import type { Columns, Row } from '../../src/core/columns.js';
import type { LinuxKernel } from '../../src/objects/linux/kernel.js';
import type { GroundTruth } from '../ground-truth/ground-truth.js';
import type { TestImage } from '../ground-truth/images.js';
import { openTestImage, typedLinuxImages, wholeRows } from './test-kernels.js';

export interface OpenedImage {
  readonly test: TestImage;
  readonly image: Image;
  readonly kernel: LinuxKernel;
  readonly truth: GroundTruth;
  /** The rows of a plugin. Throws when one of them is marked partial: these images have no damage. */
  rows<C extends Columns>(
    plugin: Pick<Plugin<'linux', C>, 'columns'>,
    options?: OptionsOf<Options>,
    io?: Partial<PluginIo>,
  ): Promise<Row<C>[]>;
}

/** `describe` for each image; `opened` may be called inside tests only. */
export function onEveryImage(subject: string, body: (opened: () => OpenedImage) => void): void {
  const images = typedLinuxImages();
  describe.skipIf(images.length === 0)(`${subject}${images.length === 0 ? ' (no image here)' : ''}`, () => {
    describe.each(images.map((image) => [image.name, image] as const))('on %s', (_name, test) => {
      let open: OpenedImage | undefined;
      beforeAll(async () => {
        const image = await openTestImage(test);
        const kernel = await image.requireLinux();
        const truth = await test.truth();
        open = {
          test,
          image,
          kernel,
          truth,
          rows: (plugin, options = {}, io = {}) => wholeRows(image, plugin, options, { ...SILENT_IO, ...io }),
        };
      });
      afterAll(() => open?.image.close());
      body(() => open!);
    });
  });
}

/** Rows by a numeric column, for comparing with a process of the ground truth. */
export function byNumber<R extends Row>(rows: readonly R[], column: keyof R & string): Map<number, R[]> {
  const map = new Map<number, R[]>();
  for (const row of rows) {
    const key = Number(row[column]);
    map.set(key, [...(map.get(key) ?? []), row]);
  }
  return map;
}
