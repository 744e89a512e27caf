/**
 * The host helpers and what each reads and writes, so that no consumer of an instruction meets an operation of unknown
 * meaning. `cpu/host-helpers.ts` implements them; their numbers are positions in this list.
 */
import { InvariantError } from '../../core/errors.js';

/** Parts of the architecture that a helper touches. */
export type Touches =
  | 'gpr' | 'flags' | 'rip' | 'segments' | 'control' | 'debug' | 'msr' | 'memory' | 'ports' | 'tlb' | 'fpu' | 'time'
  | 'input'; // biome-ignore format: a list

export interface HelperDeclaration {
  readonly name: string;
  readonly reads: readonly Touches[];
  readonly writes: readonly Touches[];
}

const declare = (name: string, reads: readonly Touches[], writes: readonly Touches[]): HelperDeclaration => ({
  name,
  reads,
  writes,
});

export const HOST_HELPERS: readonly HelperDeclaration[] = [
  declare('loadSegment', ['memory'], ['segments']),
  declare('readSegment', ['segments'], []),
  declare('requireUmip', ['control'], []),
  declare('requireRing0', ['control'], []),
  declare('requireProtected', ['control'], []),
  declare('input', ['ports'], []),
  declare('output', [], ['ports']),
  declare('inputString', ['gpr', 'ports'], ['gpr', 'memory', 'ports']),
  declare('outputString', ['gpr', 'memory'], ['gpr', 'ports']),
  declare('farJump', ['memory'], ['segments', 'rip']),
  declare('farCall', ['memory', 'gpr'], ['segments', 'rip', 'gpr', 'memory']),
  declare('farReturn', ['memory', 'gpr'], ['segments', 'rip', 'gpr']),
  declare('interruptReturn', ['memory', 'gpr'], ['segments', 'rip', 'gpr', 'flags']),
  declare('interruptReturnLong', ['gpr'], ['segments', 'rip', 'gpr', 'flags']),
  declare('softwareInterrupt', ['memory', 'gpr'], ['segments', 'rip', 'gpr', 'flags', 'memory']),
  declare('interruptOnOverflow', ['memory', 'gpr'], ['segments', 'rip', 'gpr', 'flags', 'memory']),
  declare('systemCall', ['msr', 'flags'], ['segments', 'rip', 'gpr', 'flags']),
  declare('systemReturn', ['msr', 'gpr'], ['segments', 'rip', 'flags']),
  declare('systemEnter', ['msr'], ['segments', 'rip', 'gpr', 'flags']),
  declare('systemExit', ['msr', 'gpr'], ['segments', 'rip', 'gpr']),
  declare('readMachineStatus', ['control'], []),
  declare('loadMachineStatus', [], ['control']),
  declare('invalidatePage', [], ['tlb']),
  declare('readExtendedControl', ['control'], []),
  declare('writeExtendedControl', [], ['control']),
  declare('setAccessFlag', [], ['flags']),
  declare('loadLocalTable', ['memory'], ['segments']),
  declare('loadTask', ['memory'], ['segments', 'memory']),
  declare('verifySegment', ['memory'], ['flags']),
  declare('readAccessRights', ['memory'], []),
  declare('readSegmentLimit', ['memory'], []),
  declare('readControl', ['control'], []),
  declare('writeControl', [], ['control', 'tlb']),
  declare('readDebug', ['debug'], []),
  declare('writeDebug', [], ['debug']),
  declare('clearTaskSwitched', [], ['control']),
  declare('writeMsr', ['gpr'], ['msr']),
  declare('readMsr', ['gpr', 'msr'], ['gpr']),
  declare('identify', ['gpr', 'control'], ['gpr']),
  declare('halt', [], ['control']),
  declare('waitFpu', ['fpu'], []),
  declare('x87Function', ['fpu'], ['fpu']),
  declare('x87LoadBcd', ['fpu'], ['fpu']),
  declare('x87StoreBcd', ['fpu'], ['fpu']),
  declare('randomWord', ['input'], []),
  declare('readSegmentBase', ['segments'], []),
  declare('writeSegmentBase', [], ['segments']),
];

const numbers = new Map(HOST_HELPERS.map((helper, index) => [helper.name, index]));

/** Number of a helper, as generated code passes it. */
export function hostHelperIndex(name: string): number {
  const index = numbers.get(name);
  if (index === undefined) throw new InvariantError(`host helper '${name}' is not declared`);
  return index;
}
