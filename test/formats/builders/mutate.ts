/**
 * Damages files the way disks and attackers do: flipped bytes, extreme numbers in fields, cuts, repeated and lost pieces.
 */
import fc from 'fast-check';

const extremes = [
  0n,
  1n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  2n ** 40n,
  2n ** 52n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];

export type Mutation = (file: Buffer) => Buffer;

/** Places: mostly in the first bytes, where headers are, and else anywhere (a fraction of the length). */
const place = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 600 }).map((at) => () => at) },
  { weight: 1, arbitrary: fc.integer({ min: 4000, max: 9000 }).map((at) => () => at) },
  {
    weight: 2,
    arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((part) => (length: number) => Math.floor(part * length)),
  },
);

const byte = fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(
  ([at, value]): Mutation =>
    (file) => {
      const i = at(file.length);
      if (i < file.length) file[i] = value;
      return file;
    },
);

const field = fc.tuple(place, fc.constantFrom(...extremes), fc.constantFrom(2, 4, 8), fc.boolean()).map(
  ([at, value, size, isBig]): Mutation =>
    (file) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(value);
      const part = bytes.subarray(0, size);
      if (isBig) part.reverse();
      part.copy(file, Math.min(at(file.length), Math.max(0, file.length - size)));
      return file;
    },
);

const cut = place.map(
  (at): Mutation =>
    (file) =>
      file.subarray(0, at(file.length)),
);

const piece = fc.tuple(place, place, fc.integer({ min: 1, max: 5000 })).map(
  ([from, to, length]): Mutation =>
    (file) => {
      const bytes = Buffer.from(file.subarray(from(file.length), from(file.length) + length));
      file
        .subarray(to(file.length), to(file.length) + bytes.length)
        .set(bytes.subarray(0, Math.max(0, file.length - to(file.length))));
      return file;
    },
);

const loss = fc.tuple(place, fc.integer({ min: 1, max: 5000 })).map(
  ([at, length]): Mutation =>
    (file) => {
      const i = at(file.length);
      return Buffer.concat([file.subarray(0, i), file.subarray(i + length)]);
    },
);

const one = fc.oneof(
  { weight: 4, arbitrary: field },
  { weight: 3, arbitrary: byte },
  { weight: 1, arbitrary: cut },
  { weight: 1, arbitrary: piece },
  { weight: 1, arbitrary: loss },
);

/** One to six mutations, one after the other, on a copy. */
export const mutations: fc.Arbitrary<Mutation> = fc.array(one, { minLength: 1, maxLength: 6 }).map(
  (list): Mutation =>
    (file) =>
      list.reduce<Buffer>((damaged, mutate) => mutate(damaged), Buffer.from(file)),
);
