import { describe, expect, it } from 'vitest';
import type { CpuModel } from '../../../src/emulator/cpu/models.js';
import { FAMILIES } from '../../../src/emulator/isa/tables.js';
import type { ConformanceCase } from './case.js';
import { casesOfRow, comparableRows } from './cases-from-tables.js';
import { comparableModel } from './comparable-model.js';
import { EmulatorCpu } from './emulator-cpu.js';
import { openHostCpu } from './host/host-cpu.js';
import { judge } from './judge.js';
import { Random } from './random.js';

const host = openHostCpu();
if (typeof host === 'string') console.warn(`conformance against the host processor is skipped: ${host}`);

const SEED = 20240229;
const families = FAMILIES.map(({ name }) => name).filter((name) => comparableRows(name).length > 0);

function casesOfFamily(name: string, model: CpuModel, modes: readonly (64 | 32)[], states: number): ConformanceCase[] {
  const random = new Random(SEED);
  return comparableRows(name).flatMap(({ family, row }) =>
    modes.flatMap((mode) => casesOfRow(family, row, mode, { encodings: 1, states }, model, random)),
  );
}

describe.skipIf(typeof host === 'string').each(families)('the %s instructions', (name) => {
  if (typeof host === 'string') return;
  const model = comparableModel(host);
  const modes = host.runs32Bit ? ([64, 32] as const) : ([64] as const);

  it('do in the interpreter what the host processor does', () => {
    const cases = casesOfFamily(name, model, modes, 4);
    expect(cases.length).toBeGreaterThan(0);
    expect(judge(cases, host, new EmulatorCpu('interpreter', model)).reports).toEqual([]);
  });

  it('do in translated code what the host processor does', () => {
    const cases = casesOfFamily(name, model, [64], 3);
    expect(judge(cases, host, new EmulatorCpu('jit', model)).reports).toEqual([]);
  });
});
