/** Joining and sharing runs of the engine must not show: each piece gives what it gives when it is scanned alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileYara, type YaraSource } from '../../../src/analysis/common/yara/rules.js';
import { scanPieces } from '../../../src/analysis/common/yara/scan-pieces.js';

const SOURCES: readonly (YaraSource & { readonly what: string })[] = [
  {
    what: 'text',
    text: 'rule text { strings: $text = "ab" ascii wide condition: $text }',
    seePlacesOnly: true,
  },
  {
    what: 'bytes with a jump, whose match may go on in the next piece',
    text: 'rule bytes { strings: $bytes = { 61 [0-6] 62 } condition: $bytes }',
    seePlacesOnly: true,
  },
  {
    what: 'rules that look at the whole file',
    text: 'rule whole { strings: $a = "ab" condition: $a and uint8(0) == 0x61 and filesize < 9 }',
    seePlacesOnly: false,
  },
];

describe.each(SOURCES)('YARA over pieces: $what', (source) => {
  it('finds in each piece what a scan of it alone finds', () => {
    const rules = compileYara(source);
    // Few letters, so that pieces repeat and matches begin in one piece and end in the next.
    const piece = fc.array(fc.constantFrom(0x61, 0x62, 0), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (contents) => {
        const pieces = contents.map((bytes, owner) => ({ owner, bytes: Uint8Array.from(bytes) }));
        const alone = pieces.flatMap(({ owner, bytes }) => [...rules.scan(bytes)].map((match) => ({ owner, match })));
        expect([...scanPieces(rules, pieces)]).toEqual(alone);
      }),
      { seed: 5, numRuns: 30 },
    );
  });
});

describe('YARA over pieces with more matches than are reported', () => {
  it('reports as many of each piece as of one alone', () => {
    const rules = compileYara(SOURCES[0]!);
    const pieces = [1, 2].map((owner) => ({ owner, bytes: Buffer.from(`${'ab'.repeat(60_000)}${owner}`) }));
    const counts = new Map<number, number>();
    for (const { owner } of scanPieces(rules, pieces)) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    expect([...counts]).toEqual([
      [1, 60_000],
      [2, 60_000],
    ]);
  });
});
