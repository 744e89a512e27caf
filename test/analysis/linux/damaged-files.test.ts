/**
 * Plugins about files and network on damaged memory: they come to an end, throw nothing and give a bounded number of
 * rows. What they find is not judged.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../src/analysis/image.js';
import addresses from '../../../src/analysis/linux/addresses.js';
import blockDevices from '../../../src/analysis/linux/block-devices.js';
import filesystems from '../../../src/analysis/linux/filesystems.js';
import handles from '../../../src/analysis/linux/handles.js';
import interfaces from '../../../src/analysis/linux/interfaces.js';
import mounts from '../../../src/analysis/linux/mounts.js';
import neighbours from '../../../src/analysis/linux/neighbours.js';
import netstat from '../../../src/analysis/linux/netstat.js';
import pagecache from '../../../src/analysis/linux/pagecache.js';
import routes from '../../../src/analysis/linux/routes.js';
import type { PluginIo } from '../../../src/analysis/plugin.js';
import { LinuxKernel } from '../../../src/objects/linux/kernel.js';
import { mutatedMemory } from '../mutated-memory.js';
import { openTestImage, typedLinuxImages } from '../test-kernels.js';

const found = typedLinuxImages().slice(0, 1);
const plugins = [
  addresses,
  blockDevices,
  filesystems,
  handles,
  interfaces,
  mounts,
  neighbours,
  netstat,
  pagecache,
  routes,
];

/** From a hint of damage to pages that are mostly noise: damaged pages of a thousand, damaged words in each. */
const DEGREES = [
  [20, 2],
  [50, 60],
  [100, 8],
  [1000, 3],
] as const;
const SEEDS = [1, 2, 3, 19];
/** The undamaged image has 2,000 rows at most. */
const MAX_ROWS = 200_000;

/** Reads what is extracted, and holds it to what a disk could take. */
const io: PluginIo = {
  extract: (_name, chunks) => {
    for (const { offset, bytes } of chunks) {
      if (!(offset >= 0 && offset + bytes.length <= 2 ** 40)) throw new Error(`extracted at ${offset}`);
    }
    return 'somewhere';
  },
  progress: () => {},
  note: () => {},
  shows: () => true,
};

describe.skipIf(found.length === 0)('files and network in damaged memory (skipped when no image is found)', () => {
  let image: Image;
  let kernel: LinuxKernel;

  beforeAll(async () => {
    image = await openTestImage(found[0]!);
    kernel = await image.requireLinux();
  });
  afterAll(() => image.close());

  /** Walks every row of every plugin on one damaged copy. */
  function walk(seed: number, perMille: number, words: number, from: number): number {
    const memory = mutatedMemory(image.memory, seed, perMille, words, (frame) => frame < from);
    const damaged = new LinuxKernel(memory, kernel.location, kernel.profile);
    let total = 0;
    for (const plugin of plugins) {
      const rows = plugin.rows as (k: LinuxKernel, o: object, io: PluginIo) => Iterable<unknown>;
      for (const row of rows(damaged, { dump: true }, io)) {
        expect(row).toBeTypeOf('object');
        total++;
        if (total > MAX_ROWS) throw new Error(`${plugin.name}: rows without an end`);
      }
    }
    return total;
  }

  it.each(DEGREES)('ends on damage in %i of a thousand pages, %i words each', (perMille, words) => {
    for (const seed of SEEDS) walk(seed, perMille, words, 0);
  });

  it('still answers when the damage is slight', () => {
    // Page tables and the kernel's own data lie in the pages that are spared.
    expect(walk(7, 10, 1, 0x8000)).toBeGreaterThan(500);
  });
});
