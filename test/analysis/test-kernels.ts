/**
 * The real images as plugins see them: opened with the profile that the image itself gives or that lies beside it.
 *
 * i386 kernels carry no types. The profile of one build serves every image of that build, so that it is looked for
 * beside all images.
 */
import { Image } from '../../src/analysis/image.js';
import type { Plugin } from '../../src/analysis/plugin.js';
import { runPlugin, SILENT_IO } from '../../src/analysis/run-plugin.js';
import type { Row } from '../../src/core/columns.js';
import { openMemory } from '../../src/formats/open-image.js';
import { images, linuxImages, type TestImage } from '../ground-truth/images.js';

/** Builds with a profile of their own beside an image, by the end of the image's name. */
const I386_PROFILES: readonly (readonly [build: RegExp, image: string])[] = [[/pae/, 'linux-i386-pae-6.1']];

function profileFor(test: TestImage): TestImage | undefined {
  if (test.files.includes('symbols.json')) return test;
  const name = I386_PROFILES.find(([build]) => build.test(test.name))?.[1];
  return images().find((image) => image.name === name && image.files.includes('symbols.json'));
}

/** Linux images with a ground truth whose types are known: all amd64 ones, and i386 builds with a profile. */
export function typedLinuxImages(): TestImage[] {
  return linuxImages().filter((test) => test.arch === 'amd64' || profileFor(test) !== undefined);
}

/** The symbol file that the image's kernel needs; undefined when the image has its types itself. */
export async function profilePathOf(test: TestImage): Promise<string | undefined> {
  return test.arch === 'amd64' ? undefined : await profileFor(test)?.file('symbols.json');
}

/** Opens an image for plugins. Nothing is cached: every run reads the image itself. */
export async function openTestImage(test: TestImage): Promise<Image> {
  const profile = await profilePathOf(test);
  const memory = await openMemory(await test.path());
  return new Image(test.name, memory, { cache: false, ...(profile === undefined ? {} : { profilePath: profile }) });
}

/** All rows of a plugin; throws when one of them is partial, as none is on an undamaged image. */
export async function wholeRows<R = Row>(
  image: Image,
  plugin: unknown,
  options: Readonly<Record<string, unknown>> = {},
  io = SILENT_IO,
): Promise<R[]> {
  const rows: R[] = [];
  for await (const { row, partial } of runPlugin(plugin as Plugin, image, options as never, io)) {
    if (partial)
      throw new Error(
        `partial row: ${JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`,
      );
    rows.push(row as R);
  }
  return rows;
}
