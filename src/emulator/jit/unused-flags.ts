/**
 * Which instructions of a block leave flags that nobody sees: those between which and one that replaces all flags there is
 * nothing that reads flags and nothing where the region could be left. Only what replaces a part of the flags gains by it:
 * the rest would have to be computed for its sake (rotates of SHA-256, INC and DEC).
 */
import type { Instruction, Operand } from '../isa/instruction.js';

/** They replace all flags, or leave those undefined that they do not replace. */
const REPLACE = new Set(['add', 'sub', 'cmp', 'neg', 'and', 'or', 'xor', 'test', 'mul', 'imul']);
/** These do for a count that is not 0. */
const SHIFTS = new Set(['shl', 'shr', 'sar']);
/** They read no flags: those that they set themselves are not seen either. */
const NEUTRAL = new Set([
  'mov', 'movzx', 'movsx', 'movsxd', 'lea', 'xchg', 'bswap', 'not', 'cbw', 'cwd', 'nop', 'rol', 'ror', 'inc', 'dec', 'bt',
  'bts', 'btr', 'btc', ...SHIFTS,
]); // biome-ignore format: a list
/** Their memory operands are not accessed. */
const ACCESS_NOTHING = new Set(['lea', 'nop']);

/** By position in the block. */
export function unusedFlags(instructions: readonly Instruction[]): readonly boolean[] {
  const unused = instructions.map(() => false);
  for (let i = instructions.length - 1; i > 0; i--) {
    const next = instructions[i] as Instruction;
    unused[i - 1] = cannotLeave(next) && (replaces(next) || (NEUTRAL.has(next.row.name) && unused[i] === true));
  }
  return unused;
}

function replaces({ row, operands, operandSize }: Instruction): boolean {
  if (REPLACE.has(row.name)) return true;
  const count = operands[1];
  if (!SHIFTS.has(row.name) || count?.kind !== 'immediate') return false;
  return (Number(count.value) & (operandSize === 8 ? 63 : 31)) !== 0;
}

/** Registers and constants only: no fault, no access. */
function cannotLeave({ row, operands }: Instruction): boolean {
  const isPlain = (one: Operand): boolean =>
    one.kind === 'immediate' || (one.kind === 'register' && one.file === 'gpr');
  return ACCESS_NOTHING.has(row.name) || operands.every(isPlain);
}
