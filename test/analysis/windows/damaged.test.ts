import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { loadAllPlugins } from '../../../src/analysis/registry.js';
import { SILENT_IO } from '../../../src/analysis/run-plugin.js';
import { UserError } from '../../../src/core/errors.js';
import { openMemory } from '../../../src/formats/open-image.js';
import type { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import { mutatedMemory } from '../mutated-memory.js';
import { REACTOS } from './on-reactos.js';

/** Damaged pages of a thousand, damaged words in each. */
const DEGREES = [
  [20, 2],
  [50, 60],
  [1000, 3],
] as const;
/** The undamaged image has 7,000 rows. */
const MAX_ROWS = 400_000;

describe.skipIf(REACTOS === undefined)('NT in damaged memory (skipped when there is no image)', () => {
  let image: Image;
  let kernel: WindowsKernel;
  let plugins: readonly Plugin[];

  beforeAll(async () => {
    image = new Image('reactos', await openMemory(await REACTOS!.path()), { cache: false });
    kernel = await image.requireWindows();
    // Those that have to be told where to look have nothing to say without.
    plugins = (await loadAllPlugins()).filter(
      ({ scope, options }) => scope === 'windows' && !Object.values(options).some(({ required }) => required),
    );
  });
  afterAll(() => image.close());

  /** Walks every row of every plugin on one damaged copy; returns how many there are. */
  function walk(seed: number, perMille: number, words: number, spared: (frame: number) => boolean): number {
    const memory = mutatedMemory(image.memory, seed, perMille, words, spared);
    const damaged = kernel.over(memory);
    let total = 0;
    for (const plugin of plugins) {
      const rows = plugin.rows as (k: WindowsKernel, o: object, io: typeof SILENT_IO) => Iterable<unknown>;
      try {
        for (const row of rows(damaged, {}, SILENT_IO)) {
          expect(row).toBeTypeOf('object');
          if (++total > MAX_ROWS) throw new Error(`${plugin.name}: rows without an end`);
        }
      } catch (error) {
        // A member that the profile has is never missing, whatever the memory says.
        expect(error).toBeInstanceOf(UserError);
      }
    }
    return total;
  }

  it.each(DEGREES)('ends on damage in %i of a thousand pages, %i words each', (perMille, words) => {
    for (const seed of [1, 5]) walk(seed, perMille, words, () => false);
  });

  it('still answers when the damage is slight', () => {
    const { root } = kernel.space;
    expect(walk(7, 10, 1, (frame) => frame * 4096 === root)).toBeGreaterThan(2000);
  });

  it('ends on a list, a tree and a handle table that lead back into themselves', () => {
    const memory = mutatedMemory(image.memory, 1, 0, 0);
    const { systemProcess } = kernel;
    const copy = new Map<number, Uint8Array>();
    const page = (frame: number) => copy.get(frame) ?? memory.page(frame);
    const read = (address: number, target: Uint8Array) => {
      let done = 0;
      for (; done < target.length; ) {
        const bytes = page(Math.floor((address + done) / 4096))?.subarray((address + done) % 4096);
        if (bytes === undefined) break;
        const part = bytes.subarray(0, target.length - done);
        target.set(part, done);
        done += part.length;
      }
      return done;
    };
    const put = (address: bigint, value: bigint) => {
      const at = kernel.space.translate(address);
      if (at.kind !== 'mapped') throw new Error('not mapped');
      const frame = Math.floor(at.physical / 4096);
      const bytes = copy.get(frame) ?? (memory.page(frame) as Uint8Array).slice();
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(at.physical % 4096, Number(value), true);
      copy.set(frame, bytes);
    };
    // The second process links to itself; the first range of System is its own left child; its table's page is its own.
    const second = systemProcess.ptr('ActiveProcessLinks.Flink') as bigint;
    put(second, second);
    const root = systemProcess.ptr('VadRoot.BalancedRoot.RightChild') as bigint;
    put(kernel.struct('_MMADDRESS_NODE', root).addressOf('LeftChild'), root);
    const table = systemProcess.follow('ObjectTable')!;
    const code = table.ptr('TableCode') as bigint;
    put(table.addressOf('TableCode'), (code & ~3n) | 2n);
    put(code & ~3n, code & ~3n);
    const looped = kernel.over({ ...memory, page, read });
    for (const plugin of plugins.filter(({ name }) => ['pslist', 'maps', 'handles'].includes(name))) {
      const before = looped.faults.count;
      const rows = plugin.rows as (k: WindowsKernel, o: object, io: typeof SILENT_IO) => Iterable<{ pid: number }>;
      const pids = new Set([...rows(looped, {}, SILENT_IO)].map(({ pid }) => pid));
      expect(looped.faults.count, plugin.name).toBeGreaterThan(before);
      expect(pids.size, plugin.name).toBeLessThanOrEqual(2);
    }
  });
});
