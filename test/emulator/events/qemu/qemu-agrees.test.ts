/**
 * Our events against what QEMU says of the same guest: every instruction, the accesses that it makes with their physical
 * addresses, where branches lead, every exception with its error code and CR2, every INT. Values are judged elsewhere.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { traceInEmulator } from './emulator-trace.js';
import { assembleKernel, hasQemu, traceInQemu } from './qemu-trace.js';
import { type Delivery, describeItem, type Item, type Step } from './stream.js';

const INVALID_OPCODE = 6;
const PAGE_FAULT = 14;
const WRITE = 2;

interface Declared {
  readonly reason: string;
  /** How many such differences the kernel has. */
  readonly count: number;
  readonly applies: (theirs: Item, ours: Item | undefined, ourNext: Item | undefined) => boolean;
}

const isStep = (item: Item | undefined): item is Step => item?.kind === 'step';
const isDelivery = (item: Item | undefined): item is Delivery => item?.kind === 'delivery';

const DECLARED: readonly Declared[] = [
  {
    reason: 'what faults before it is decoded whole has in QEMU the length of what was decoded',
    count: 3,
    applies: (theirs, ours, next) =>
      isStep(theirs) && isStep(ours) && theirs.address === ours.address && isDelivery(next) && !next.isSoftware,
  },
  {
    reason: 'a page fault of a read-modify-write is a write, as the host processor has it; QEMU reads first',
    count: 2,
    applies: (theirs, ours) =>
      isDelivery(theirs) &&
      isDelivery(ours) &&
      ours.vector === PAGE_FAULT &&
      describeItem({ ...theirs, errorCode: theirs.errorCode | WRITE }) === describeItem(ours),
  },
];

/** Everything but the order of an instruction's accesses, which no manual promises. */
function same(theirs: Item, ours: Item | undefined): boolean {
  if (!isStep(theirs) || !isStep(ours)) return describeItem(theirs) === describeItem(ours);
  const isSame = theirs.address === ours.address && theirs.length === ours.length;
  const sorted = ({ accesses }: Step): string => accesses.toSorted().join();
  return isSame && (ours.isImplicit || sorted(theirs) === sorted(ours));
}

/** Does a branch event stand exactly where QEMU went on elsewhere? A branch to the next instruction is seen here alone. */
function branchesRightly(theirs: Item, theirNext: Item | undefined, ours: Item | undefined): boolean {
  if (!isStep(theirs) || !isStep(theirNext) || !isStep(ours)) return true;
  const isSequential = theirNext.address === theirs.address + BigInt(theirs.length);
  return ours.to === undefined ? isSequential : ours.to === theirNext.address;
}

/** Bytes that are no instruction are no event here, only an exception; QEMU begins them like others. */
function withoutUndefined(theirs: readonly Item[], ours: readonly Item[]): Item[] {
  const kept: Item[] = [];
  for (const [i, item] of theirs.entries()) {
    const next = theirs[i + 1];
    const isUndefined = isStep(item) && isDelivery(next) && next.vector === INVALID_OPCODE;
    if (!isUndefined || isStep(ours[kept.length])) kept.push(item);
  }
  return kept;
}

const folder = mkdtempSync(join(tmpdir(), 'memlapse-qemu-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const kernel = hasQemu() ? assembleKernel(folder) : undefined;
if (kernel === undefined) console.warn('the judge of events is skipped: it needs qemu-system-x86_64, gcc and ld');

describe.skipIf(kernel === undefined)('events beside QEMU', () => {
  const theirs = kernel === undefined ? [] : traceInQemu(kernel, folder);

  test.each([
    ['interpreter', false],
    ['translator', true],
  ] as const)('the whole stream, %s', (_, jit) => {
    const ours = traceInEmulator(readFileSync(kernel as string), jit);
    const expected = withoutUndefined(theirs, ours);
    const undeclared: string[] = [];
    const counts = DECLARED.map(() => 0);
    expected.forEach((item, i) => {
      if (!branchesRightly(item, expected[i + 1], ours[i])) {
        undeclared.push(`${i}: QEMU ${describeItem(item)}, then ${describeItem(expected[i + 1])}`);
      }
      if (same(item, ours[i])) return;
      const declared = DECLARED.findIndex(({ applies }) => applies(item, ours[i], ours[i + 1]));
      if (declared >= 0) counts[declared] = (counts[declared] as number) + 1;
      else undeclared.push(`${i}: QEMU ${describeItem(item)}; here ${describeItem(ours[i])}`);
    });
    expect(undeclared.slice(0, 10)).toEqual([]);
    expect(counts).toEqual(DECLARED.map(({ count }) => count));
    expect(ours.length).toBe(expected.length);
    expect(ours.filter(isDelivery).length).toBeGreaterThan(50);
  });
});
