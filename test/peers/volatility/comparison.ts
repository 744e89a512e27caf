/**
 * One question put to memlapse and to Volatility: which plugins answer it, what of their rows is compared, and which
 * differences are explained. Facts are compared as a whole, with their number; order does not count.
 */
import type { Row } from '../../../src/core/columns.js';
import type { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import type { VolatilityRow } from './volatility.js';

/** What is compared of a row, as named values. */
export type Fact = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A difference that is understood: which facts it takes away from one side, how many, and why. */
export interface Explained {
  readonly side: 'ours' | 'theirs';
  readonly why: string;
  /** How many there are on the image: another number is a difference again. */
  readonly count: number;
  matches(fact: Fact): boolean;
}

export interface Comparison {
  /** Name of our plugin. */
  readonly name: string;
  /** Volatility's plugin, with arguments. */
  readonly peer: readonly string[];
  /** Options of our plugin. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What of a row is compared: mostly one fact. */
  ours(row: Row, kernel: WindowsKernel): Fact | readonly Fact[];
  theirs(row: VolatilityRow): Fact | readonly Fact[];
  readonly explained?: readonly Explained[];
}

export interface Compared {
  readonly alike: number;
  /** Of each explained difference, how many facts it took. */
  readonly explained: readonly { readonly difference: Explained; readonly found: number }[];
  readonly onlyOurs: readonly Fact[];
  readonly onlyTheirs: readonly Fact[];
}

/** Compares both sides as multisets, after what is explained. */
export function compareFacts(
  ours: readonly Fact[],
  theirs: readonly Fact[],
  explained: readonly Explained[] = [],
): Compared {
  const rest = new Map<string, Fact[]>();
  for (const fact of theirs) {
    const key = keyOf(fact);
    const same = rest.get(key);
    if (same === undefined) rest.set(key, [fact]);
    else same.push(fact);
  }
  const onlyOurs: Fact[] = [];
  let alike = 0;
  for (const fact of ours) {
    if (rest.get(keyOf(fact))?.pop() === undefined) onlyOurs.push(fact);
    else alike++;
  }
  const left = { ours: onlyOurs, theirs: [...rest.values()].flat() };
  const taken = explained.map((difference) => {
    const before = left[difference.side];
    left[difference.side] = before.filter((fact) => !difference.matches(fact));
    return { difference, found: before.length - left[difference.side].length };
  });
  return { alike, explained: taken, onlyOurs: left.ours, onlyTheirs: left.theirs };
}

function keyOf(fact: Fact): string {
  return JSON.stringify(Object.entries(fact).map(([name, value]) => [name, value ?? null]));
}
