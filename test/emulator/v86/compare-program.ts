/** One random program in both machines: how many slots agree, which differences are declared, which are not. */
import { Random } from '../conformance/random.js';
import { DEVIATIONS, instructionAt } from './deviations.js';
import { MODES, randomProgram } from './random-program.js';
import { kernelOf, runHere, runInV86 } from './run-program.js';
import { differences, slotEnd } from './slot-end.js';

export interface Comparison {
  /** The line with which v86 gave up, if it did. */
  readonly gaveUp?: string;
  readonly slots: number;
  readonly agreed: number;
  /** Slots by the reason of their difference. */
  readonly declared: ReadonlyMap<string, number>;
  readonly undeclared: readonly string[];
}

const MARKED_HERE_ALONE =
  'a far transfer marks the code segment that it loads as accessed (SDM volume 3, 3.4.5.1); v86 does not';
const DESCRIPTOR_BYTES = 8;
const ACCESS = 5;
/** S and the type's code bit; accessed. */
const [CODE, ACCESSED] = [0x18, 1];

/** Sets the accessed bit in `tables` for code segments that have it in `like` alone; how many these were. */
function markAccessed(tables: Uint8Array, like: Uint8Array): number {
  let marked = 0;
  for (let at = ACCESS; at < tables.length; at += DESCRIPTOR_BYTES) {
    const [own, other] = [tables[at] as number, like[at] as number];
    if ((own & CODE) !== CODE || (own | ACCESSED) !== other || own === other) continue;
    tables[at] = other;
    marked++;
  }
  return marked;
}

export function compareProgram(harness: Uint8Array, seed: number, jit: boolean): Comparison {
  const program = randomProgram(new Random(seed));
  const kernel = kernelOf(harness, program.bytes);
  const here = runHere(kernel, jit);
  const there = runInV86(kernel);
  const declared = new Map<string, number>();
  const undeclared: string[] = [];
  if (typeof there === 'string') return { gaveUp: there, slots: 0, agreed: 0, declared, undeclared };
  if (!here.done || !there.done) undeclared.push(`seed ${seed}: ended here ${here.done}, in v86 ${there.done}`);
  let agreed = 0;
  program.slots.forEach((slot, i) => {
    const [own, other] = [here.entries[i], there.entries[i]];
    if (own === undefined || other === undefined) return;
    const [mine, theirs] = [slotEnd(own), slotEnd(other)];
    const found = differences(mine, theirs);
    if (found.length === 0) {
      agreed++;
      return;
    }
    const deviation = { slot, here: mine, there: theirs, at: instructionAt(slot, mine) };
    const reason = DEVIATIONS.find(({ applies }) => applies(deviation))?.reason;
    if (reason !== undefined) declared.set(reason, (declared.get(reason) ?? 0) + 1);
    else {
      const code = Buffer.from(slot.code.slice(0, 24)).toString('hex');
      undeclared.push(`seed ${seed} slot ${i} (${MODES[slot.mode]}) ${code}: ${found.join(', ')}`);
    }
  });
  const marked = markAccessed(there.tables, here.tables);
  if (marked > 0) declared.set(MARKED_HERE_ALONE, marked);
  if (agreed === program.slots.length && undeclared.length === 0) {
    // Where every slot did the same, so did memory and the accessed, dirty and busy bits.
    for (const part of ['tables', 'pageEntries', 'window'] as const) {
      const at = here[part].findIndex((byte, i) => byte !== there[part][i]);
      if (at >= 0) undeclared.push(`seed ${seed} ${part} at ${at}: ${here[part][at]} (v86: ${there[part][at]})`);
    }
  }
  return { slots: program.slots.length, agreed, declared, undeclared };
}
