/**
 * Plugins about processes on damaged memory: they come to an end, throw nothing and give a bounded number of rows and
 * bytes. What they find is not judged.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../src/analysis/image.js';
import auxv from '../../../src/analysis/linux/auxv.js';
import bash from '../../../src/analysis/linux/bash.js';
import capabilities from '../../../src/analysis/linux/capabilities.js';
import checkCreds from '../../../src/analysis/linux/check-creds.js';
import cmdline from '../../../src/analysis/linux/cmdline.js';
import creds from '../../../src/analysis/linux/creds.js';
import elfs from '../../../src/analysis/linux/elfs.js';
import envars from '../../../src/analysis/linux/envars.js';
import kthreads from '../../../src/analysis/linux/kthreads.js';
import libraries from '../../../src/analysis/linux/libraries.js';
import lsns from '../../../src/analysis/linux/lsns.js';
import malfind from '../../../src/analysis/linux/malfind.js';
import maps from '../../../src/analysis/linux/maps.js';
import namespaces from '../../../src/analysis/linux/namespaces.js';
import pslist from '../../../src/analysis/linux/pslist.js';
import psscan from '../../../src/analysis/linux/psscan.js';
import pstree from '../../../src/analysis/linux/pstree.js';
import psxview from '../../../src/analysis/linux/psxview.js';
import ptrace from '../../../src/analysis/linux/ptrace.js';
import smaps from '../../../src/analysis/linux/smaps.js';
import threads from '../../../src/analysis/linux/threads.js';
import type { PluginIo } from '../../../src/analysis/plugin.js';
import { LinuxKernel } from '../../../src/objects/linux/kernel.js';
import { mutatedMemory } from '../mutated-memory.js';
import { openTestImage, typedLinuxImages } from '../test-kernels.js';

const found = typedLinuxImages().slice(0, 1);
const plugins = [
  auxv,
  bash,
  capabilities,
  checkCreds,
  cmdline,
  creds,
  elfs,
  envars,
  kthreads,
  libraries,
  lsns,
  malfind,
  maps,
  namespaces,
  pslist,
  psscan,
  pstree,
  psxview,
  ptrace,
  smaps,
  threads,
];

/** Damaged pages of a thousand, damaged words in each. */
const DEGREES = [
  [20, 2],
  [50, 60],
  [1000, 3],
] as const;
const SEEDS = [1, 5];
/** The undamaged image has 2,500 rows. */
const MAX_ROWS = 200_000;
/** All processes of the undamaged image have some 60 MiB, what they share counted for each. */
const MAX_EXTRACTED = 2 ** 32;

describe.skipIf(found.length === 0)('processes in damaged memory (skipped when no image is found)', () => {
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
    let extracted = 0;
    const io: PluginIo = {
      extract: (_name, chunks) => {
        for (const { offset, bytes } of chunks) {
          if (!(offset >= 0)) throw new Error(`extracted at ${offset}`);
          extracted += bytes.length;
          if (extracted > MAX_EXTRACTED) throw new Error('bytes without an end');
        }
        return 'somewhere';
      },
      progress: () => {},
      note: () => {},
      shows: () => true,
    };
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
