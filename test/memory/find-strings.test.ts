import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiStrings, type FoundString, utf16Strings } from '../../src/memory/find-strings.js';

const LIMIT = 4096;

/** What the definition says, by the regular expression engine: leftmost runs, as long as they go. */
function byDefinition(bytes: Uint8Array, character: string, minimum: number): [number, number][] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...text.matchAll(new RegExp(`(?:${character}){${minimum},}`, 'gs'))].map((match) => [
    match.index,
    match[0].length,
  ]);
}

const places = (found: Iterable<FoundString>) => [...found].map(({ offset, length }) => [offset, length]);

/** Bytes among which runs of every length come about, of both encodings. */
const memory = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 0x41, 0x7e, 0x09) }, fc.nat(255)), { maxLength: 200 })
  .map((bytes) => Uint8Array.from(bytes));

describe('strings', () => {
  it('are found where the definition says: ASCII', () => {
    fc.assert(
      fc.property(memory, fc.integer({ min: 1, max: 9 }), (bytes, minimum) => {
        expect(places(asciiStrings(bytes, minimum, LIMIT))).toEqual(byDefinition(bytes, '[\\t -~]', minimum));
      }),
      { numRuns: 2000 },
    );
  });

  it('are found where the definition says: UTF-16', () => {
    fc.assert(
      fc.property(memory, fc.integer({ min: 1, max: 5 }), (bytes, minimum) => {
        expect(places(utf16Strings(bytes, minimum, LIMIT))).toEqual(byDefinition(bytes, '[\\t -~]\\0', minimum));
      }),
      { numRuns: 2000 },
    );
  });
});
