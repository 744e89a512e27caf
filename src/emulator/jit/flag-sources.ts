/**
 * Which operation the flags at the beginning of a block most likely come from: a guess from the instructions before, that
 * decides what is tried first. Nothing depends on its being right.
 */
import type { FlagKind } from '../isa/flag-kinds.js';
import type { Instruction } from '../isa/instruction.js';
import type { RegionBlock } from './region-blocks.js';

export interface FlagSource {
  readonly kind: FlagKind;
  readonly size: number;
}

const SETS: Readonly<Record<string, FlagKind>> = {
  add: 'add', sub: 'sub', cmp: 'sub', neg: 'sub', and: 'logic', or: 'logic', xor: 'logic', test: 'logic', inc: 'inc',
  dec: 'dec', adc: 'adc', sbb: 'sbb',
}; // biome-ignore format: a table

const LEAVES = /^(j|mov|cmov|set|lea|push$|pop$|nop$|xchg|bswap|cbw|cwd|call$)/;

/** By number of the block; undefined where nothing is known. */
export function flagSources(blocks: readonly RegionBlock[]): readonly (FlagSource | undefined)[] {
  const sources: (FlagSource | undefined)[] = blocks.map(() => undefined);
  for (const block of blocks) {
    const source = lastSource(block.instructions);
    if (source === undefined) continue;
    for (const next of block.successors) sources[next] ??= source;
  }
  return sources;
}

function lastSource(instructions: readonly Instruction[]): FlagSource | undefined {
  for (let i = instructions.length - 1; i >= 0; i--) {
    const { row, operands } = instructions[i] as Instruction;
    const kind = SETS[row.name];
    if (kind !== undefined) return { kind, size: operands[0]?.size ?? 4 };
    if (!LEAVES.test(row.name)) return undefined;
  }
  return undefined;
}
