/** Aligned columns: plain text as the `table` library lays it out, wide characters in two cells. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { alignedText } from '../../../src/report/renderers/aligned-text.js';
import { laidOut } from '../../../src/report/renderers/table-layout.js';

const cell = fc.string({ unit: fc.constantFrom(...'abcXYZ019 …└.-_/[]()'), maxLength: 12 });

it('pads plain text as the library does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 20 }),
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      async (rows, right) => {
        // The library takes spaces at the ends of a cell away before it aligns it.
        const trimmed = rows.map((row) => row.map((text) => text.trim()));
        expect(await alignedText(trimmed, right)).toBe(laidOut(trimmed, right, 2).replace(/ +$/gm, ''));
      },
    ),
    { numRuns: 200 },
  );
});

it('gives wide characters two cells', async () => {
  const rows = [
    ['名前', 'x'],
    ['abcd', 'y'],
    ['é', 'z'],
  ];
  expect(await alignedText(rows, [false, false])).toBe('名前  x\nabcd  y\né     z\n');
});
