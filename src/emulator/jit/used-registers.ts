/**
 * Which general registers a region can touch: explicit operands from the decoded instructions, implicit ones from the
 * semantic functions themselves, by asking them once a shape.
 */
import type { Instruction } from '../isa/instruction.js';

const IMPLICIT: Readonly<Record<string, readonly number[]>> = {
  push: [4], pop: [4], call: [4], ret: [4], pushf: [4], popf: [4], leave: [4, 5], enter: [4, 5],
  pusha: [0, 1, 2, 3, 4, 5, 6, 7], popa: [0, 1, 2, 3, 4, 5, 6, 7],
  mul: [0, 2], imul: [0, 2], div: [0, 2], idiv: [0, 2], cbw: [0], cwd: [0, 2], xlat: [0, 3],
  cmpxchg: [0], cmpxchg8b: [0, 1, 2, 3], cmpxchg16b: [0, 1, 2, 3], lahf: [0], sahf: [0], salc: [0],
  aaa: [0], aas: [0], daa: [0], das: [0], aam: [0], aad: [0],
  loop: [1], loope: [1], loopne: [1], jrcxz: [1], maskmovq: [7], maskmovdqu: [7], fnstsw: [0], emms: [],
  rdtsc: [0, 2], rdtscp: [0, 1, 2],
  pcmpestri: [0, 1, 2], pcmpestrm: [0, 2], pcmpistri: [1],
}; // biome-ignore format: a table

const STRINGS = [0, 1, 6, 7];

export function usedRegisters(instructions: Iterable<Instruction>): Set<number> {
  const used = new Set<number>();
  for (const { row, operands } of instructions) {
    for (const operand of operands) {
      if (operand.kind === 'register' && operand.file === 'gpr') used.add(operand.index);
      if (operand.kind === 'memory')
        for (const index of [operand.base, operand.index]) if (index >= 0 && index < 16) used.add(index);
    }
    const implicit = row.repeatable ? STRINGS : (IMPLICIT[row.name] ?? []);
    for (const index of implicit) used.add(index);
  }
  return used;
}
