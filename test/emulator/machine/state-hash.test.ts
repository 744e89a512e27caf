/** The digest: equal for equal contents however they lie in memory, different for any single difference. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StateHash } from '../../../src/emulator/machine/state-hash.js';

const hash = (bytes: Uint8Array): string => new StateHash().bytes(bytes).digest();

test('does not depend on where the bytes lie', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 7 }), (bytes, shift) => {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      expect(hash(moved)).toBe(hash(bytes));
    }),
  );
});

test('notices every flipped bit and every length', () => {
  const bytes = new Uint8Array(133);
  const seen = new Set([hash(bytes)]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = 1 << (bit & 7);
    seen.add(hash(flipped));
  }
  for (let length = 0; length < bytes.length; length++) seen.add(hash(bytes.subarray(0, length)));
  expect(seen.size).toBe(1 + bytes.length * 8 + bytes.length);
});

test('notices swapped words', () => {
  const bytes = Uint8Array.from({ length: 4096 }, (_, i) => i * 31);
  const seen = new Set<string>();
  for (let a = 0; a < 4096; a += 4) {
    const swapped = bytes.slice();
    swapped.set(bytes.subarray(2048, 2052), a);
    swapped.set(bytes.subarray(a, a + 4), 2048);
    seen.add(hash(swapped));
  }
  // Words that are equal swap without a difference: the pattern repeats every 256 bytes.
  expect(seen.size).toBe(1024 - 15);
});

test('values: names count, their order does not, kinds and nesting do', () => {
  const digest = (value: unknown): string => new StateHash().value(value as never).digest();
  expect(digest({ a: 1, b: 2 })).toBe(digest({ b: 2, a: 1 }));
  const different = [
    { a: 1, b: 2 }, { a: 2, b: 1 }, { a: 1, c: 2 }, { a: 1n, b: 2 }, [1, 2], [[1], 2], [1, [2]], [], {}, true, 1, 1n,
    Uint8Array.of(1), Uint8Array.of(1, 0), Number.POSITIVE_INFINITY,
  ].map(digest); // biome-ignore format: a list
  expect(new Set(different).size).toBe(different.length);
});
