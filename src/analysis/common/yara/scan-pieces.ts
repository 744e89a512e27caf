/**
 * Scans many pieces of memory, each of which rules see as one file, with as few runs of the engine as give the same matches: a
 * run takes milliseconds however short its file is, and there are thousands of regions, most of them a few pages or the same
 * library again.
 */
import { createHash } from 'node:crypto';
import { MAX_MATCHES, type YaraMatch, type YaraRules } from './rules.js';

export interface Piece<T> {
  readonly owner: T;
  readonly bytes: Uint8Array;
}

/** Pieces are joined up to this size where rules allow it. */
const BATCH = 16 * 1024 * 1024;

interface DigestedPiece<T> extends Piece<T> {
  readonly digest: string;
}

/** The matches of each piece, in order; offsets count from the start of the piece. Pieces of the same contents are scanned once. */
export function* scanPieces<T>(
  rules: YaraRules,
  pieces: Iterable<Piece<T>>,
): Generator<{ readonly owner: T; readonly match: YaraMatch }> {
  const known = new Map<string, readonly YaraMatch[]>();
  for (const batch of batches(pieces, rules.seePlacesOnly ? BATCH : 0)) {
    const fresh = new Map<string, Uint8Array>();
    for (const { digest, bytes } of batch) if (!known.has(digest)) fresh.set(digest, bytes);
    const matches = scanTogether(rules, [...fresh.values()]);
    [...fresh.keys()].forEach((digest, index) => {
      known.set(digest, matches[index] ?? []);
    });
    for (const { owner, digest } of batch) for (const match of known.get(digest) ?? []) yield { owner, match };
  }
}

/** Consecutive pieces of about `size` bytes together, at least one. */
function* batches<T>(pieces: Iterable<Piece<T>>, size: number): Generator<DigestedPiece<T>[]> {
  let batch: DigestedPiece<T>[] = [];
  let length = 0;
  for (const piece of pieces) {
    batch.push({ ...piece, digest: createHash('sha256').update(piece.bytes).digest('base64') });
    length += piece.bytes.length;
    if (length < size) continue;
    yield batch;
    batch = [];
    length = 0;
  }
  if (batch.length > 0) yield batch;
}

/** The matches of each of `files`: of all joined, told apart by where they lie, unless that may differ from one by one. */
function scanTogether(rules: YaraRules, files: readonly Uint8Array[]): (readonly YaraMatch[])[] {
  const alone = (bytes: Uint8Array) => [...rules.scan(bytes)];
  if (files.length < 2) return files.map(alone);
  const found: YaraMatch[][] = files.map(() => []);
  const starts: number[] = [];
  let end = 0;
  for (const { length } of files) {
    starts.push(end);
    end += length;
  }
  const counts = new Map<string, number>();
  const crossed = new Set<number>();
  for (const match of rules.scan(Buffer.concat(files))) {
    const pattern = `${match.rule}/${match.pattern}`;
    const count = (counts.get(pattern) ?? 0) + 1;
    counts.set(pattern, count);
    // As many as are reported at all: there may be more in the files behind.
    if (count >= MAX_MATCHES) return files.map(alone);
    const index = lastAtOrBelow(starts, match.offset);
    const offset = match.offset - (starts[index] as number);
    if (offset + match.length <= (files[index] as Uint8Array).length) found[index]?.push({ ...match, offset });
    else crossed.add(index);
  }
  // A match that goes on in the next file may hide a shorter one that ends in its own.
  for (const index of crossed) found[index] = alone(files[index] as Uint8Array);
  return found;
}

/** Index of the last of the ascending `starts` that is not above `offset`. */
function lastAtOrBelow(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
