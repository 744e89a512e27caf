import { describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import { UserError } from '../../../src/core/errors.js';
import { wholeRows } from '../../analysis/test-kernels.js';
import { synthesizeNt } from '../../synthetic/windows/synthesize-nt.js';
import { type GuestRange, guestRange, holedGuest } from '../builders/guest.js';
import { buildCompressionSets, buildRangeTables, SET_HEADERS, TABLE_HEADERS } from '../builders/hibernation.js';
import { expectContents, expectGuest, openBytes } from '../open-bytes.js';

const [low, middle, high] = holedGuest as [GuestRange, GuestRange, GuestRange];

describe.each(Object.keys(SET_HEADERS) as (keyof typeof SET_HEADERS)[])(
  'hibernation files of Windows %s',
  (version) => {
    it('give memory out of sets of all three kinds', async () => {
      const memory = await openBytes(buildCompressionSets([low], [middle, high], version));
      expect(memory.format).toMatch(/^Windows hibernation file \((?:8|10|11)/);
      expectGuest(memory, holedGuest);
      expect(memory.notes).toEqual([]);
    });

    it('say what is missing where they are cut off, and that they were resumed', async () => {
      const whole = buildCompressionSets([low], [middle], version, 'WAKE');
      const memory = await openBytes(whole.subarray(0, whole.length - 50_000));
      expect(memory.notes[0]).toMatch(/^the file is truncated or damaged: \d+ pages are missing$/);
      expect(memory.notes[1]).toMatch(/resumed/);
      expect(memory.ranges[0]).toEqual({ start: 0, end: low.bytes.length });
    });
  },
);

describe.each(Object.keys(TABLE_HEADERS) as (keyof typeof TABLE_HEADERS)[])(
  'hibernation files of Windows %s',
  (version) => {
    it('give memory by their tables of ranges', async () => {
      const guest = [low, middle];
      const memory = await openBytes(buildRangeTables(guest, version));
      expect(
        memory.format.startsWith(
          `Windows hibernation file (${version.replace(/^XP$/, 'XP, 2003').replace('2003 x64', '2003 x64, XP x64')}`,
        ),
      ).toBe(true);
      expectGuest(memory, guest);
      expect(memory.notes).toEqual([]);
    });

    it('give it by more ranges than there are in one table', async () => {
      // Every second page, so that each is a range of its own.
      const guest = Array.from({ length: 700 }, (_, index) =>
        guestRange(0x10000 + index * 0x2000, 0x11000 + index * 0x2000),
      );
      expectContents(await openBytes(buildRangeTables(guest, version)), guest);
    });
  },
);

describe('hibernation files', () => {
  it('with Windows in them answer like any other image', async () => {
    const nt = synthesizeNt('10.0.19041.804');
    const image = new Image(
      'nt',
      await openBytes(buildCompressionSets([], [{ start: 0, bytes: nt.bytes }], '10 19041 x64')),
      { cache: false },
    );
    expect((await wholeRows<{ pid: number }>(image, pslist)).map(({ pid }) => pid)).toEqual([4, 600, 712, 2604, 3300]);
    image.close();
  });

  it('lose a damaged set and nothing else', async () => {
    const whole = buildCompressionSets([], [guestRange(0, 0x80000)], '10 19041 x64');
    // The tables of codes of the first set.
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 0x2000 + 4 + 8, 0x2000 + 4 + 8 + 100);
    const memory = await openBytes(damaged);
    expect(memory.page(0)).toBeUndefined();
    expect(memory.page(15)).toBeUndefined();
    expect(Buffer.from(memory.page(16) ?? []).equals(guestRange(0x10000, 0x11000).bytes)).toBe(true);
  });

  it('are refused in one line where nothing can be made of them', async () => {
    const whole = buildCompressionSets([low], [], '10 19041 x64');
    const unknown = Buffer.from(whole);
    unknown.writeUInt32LE(0x777, 0xc);
    const wiped = Buffer.from(whole);
    wiped.fill(0, 0x1000);
    for (const [file, message] of [
      [unknown, /unknown version \(0x777 bytes\)/],
      [wiped, /without memory/],
    ] as const) {
      const opening = openBytes(file).then((memory) => memory.close());
      await expect(opening).rejects.toThrow(UserError);
      await expect(opening).rejects.toThrow(message);
    }
  });
});
