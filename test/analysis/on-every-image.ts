/**
 * Runs tests once on each real Linux image there is, with the kernel opened and the guest's own account beside it.
 * Without any image the tests are skipped, and say so.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { Image } from '../../src/analysis/image.js';
import type { Options, OptionsOf, Plugin, PluginIo } from '../../src/analysis/plugin.js';
import { runPlugin, SILENT_IO } from '../../src/analysis/run-plugin.js';
import type { Row } from '../../src/core/columns.js';
import { openMemory } from '../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import type { LinuxKernel } from '../../src/objects/linux/kernel.js';
import type { GroundTruth } from '../ground-truth/ground-truth.js';
import { linuxImages, type TestImage } from '../ground-truth/images.js';

export interface OpenedImage {
  readonly test: TestImage;
  readonly memory: PhysicalMemory;
  readonly kernel: LinuxKernel;
  readonly truth: GroundTruth;
  /** The rows of a plugin. Throws when one of them is marked partial: these images have no damage. */
  rows<P extends Plugin>(plugin: P, options?: OptionsOf<Options>, io?: Partial<PluginIo>): Promise<RowOf<P>[]>;
}

type RowOf<P> = P extends { readonly columns: infer C extends Plugin['columns'] } ? Row<C> : never;

/** `describe` for each image; `opened` may be called inside tests only. */
export function onEveryImage(subject: string, body: (opened: () => OpenedImage) => void): void {
  const images = linuxImages();
  describe.skipIf(images.length === 0)(`${subject}${images.length === 0 ? ' (no image here)' : ''}`, () => {
    describe.each(images.map((image) => [image.name, image] as const))('on %s', (_name, image) => {
      let open: OpenedImage | undefined;
      beforeAll(async () => {
        open = await openImage(image);
      });
      afterAll(() => open?.memory.close());
      body(() => open!);
    });
  });
}

async function openImage(test: TestImage): Promise<OpenedImage> {
  const memory = await openMemory(await test.path());
  // i386 kernels carry no types, so theirs come from the symbol file beside the image.
  const profilePath =
    test.arch === 'i386' && test.files.includes('symbols.json') ? await test.file('symbols.json') : undefined;
  const image = new Image(test.name, memory, { cache: false, ...(profilePath === undefined ? {} : { profilePath }) });
  const kernel = await image.requireLinux();
  const truth = await test.truth();
  return {
    test,
    memory,
    kernel,
    truth,
    async rows(plugin, options = {}, io = {}) {
      const rows: Row[] = [];
      for await (const { row, partial } of runPlugin(plugin, image, options, { ...SILENT_IO, ...io })) {
        if (partial) throw new Error(`${plugin.name}: a partial row on ${test.name}`);
        rows.push(row);
      }
      return rows as never;
    },
  };
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
