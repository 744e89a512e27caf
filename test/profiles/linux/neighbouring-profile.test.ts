/**
 * A kernel of a build that no shipped profile was made for: an i386 image whose banner says another build. What the
 * profile of the neighbouring build answers must be what the right one answers.
 */
import { describe, expect, test } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import handles from '../../../src/analysis/linux/handles.js';
import modules from '../../../src/analysis/linux/modules.js';
import pslist from '../../../src/analysis/linux/pslist.js';
import { openMemory } from '../../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../../src/memory/physical-memory.js';
import { neighbouringProfiles } from '../../../src/profiles/linux/shipped-profile.js';
import { wholeRows } from '../../analysis/test-kernels.js';
import { linuxImages } from '../../ground-truth/images.js';
import { bufferMemory } from '../buffer-memory.js';

const BUILD = '6.1.0-50-686-pae';
const image = linuxImages().find(({ name }) => name === 'linux-i386-pae-6.1');

/** The memory with one text for another of the same length everywhere. */
function reworded(memory: PhysicalMemory, from: string, to: string): PhysicalMemory {
  const bytes = Buffer.alloc(memory.end);
  for (const { start, end } of memory.ranges) memory.read(start, bytes.subarray(start, end));
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at)) bytes.write(to, at, 'latin1');
  return bufferMemory(bytes);
}

test('of the same version and flavour the nearest comes first', () => {
  expect(neighbouringProfiles('6.1.0-53-686-pae').map(({ release }) => release)).toEqual([BUILD]);
  expect(neighbouringProfiles('6.1.0-53-686').map(({ release }) => release)).toEqual(['6.1.0-50-686']);
  expect(neighbouringProfiles(BUILD)).toEqual([]);
  expect(neighbouringProfiles('6.5.0-1-686-pae')).toEqual([]);
  expect(neighbouringProfiles('../6.1.0-50-686-pae')).toEqual([]);
});

describe.skipIf(image === undefined)('a build without a profile of its own (skipped: no i386 image is here)', () => {
  test('is read with its neighbour, which is said', async () => {
    const memory = await openMemory((await image?.path()) as string);
    const right = new Image('right', memory, { cache: false });
    const other = new Image('other', reworded(memory, BUILD, '6.1.0-53-686-pae'), { cache: false });
    const { profile } = await other.requireLinux();
    expect(profile.release).toBe('6.1.0-53-686-pae');
    expect(profile.sources.at(-1)).toBe(
      `types: shipped with memlapse for ${BUILD}, which fits what the tasks and modules here show`,
    );
    expect(profile.gaps).toEqual([expect.stringContaining(`types are those of ${BUILD}`)]);
    for (const plugin of [pslist, modules, handles]) {
      const rows = await wholeRows(other, plugin);
      expect(rows.length).toBeGreaterThan(0);
      // The wall clock lies in a variable that only the right profile knows the address of.
      const expected = (await wholeRows(right, plugin)).map((row) =>
        'createTime' in row ? { ...row, createTime: undefined } : row,
      );
      expect(rows).toEqual(expected);
    }
  });
});
