/** What the tables call privileged, the host's processor refuses to a user program. */
import { describe, expect, test } from 'vitest';
import { MODES } from '../../../src/emulator/cpu/mode.js';
import { Decoder } from '../../../src/emulator/decode/decoder.js';
import { classesOf } from '../../../src/emulator/isa/opcode-class.js';
import { FAMILIES } from '../../../src/emulator/isa/tables.js';
import type { ConformanceCase } from './case.js';
import { comparableModel } from './comparable-model.js';
import { encodeRow } from './encode-row.js';
import { openHostCpu } from './host/host-cpu.js';
import { Random } from './random.js';
import { randomState } from './random-state.js';

const USER_64 = 30;
const [INVALID_OPCODE, GENERAL_PROTECTION] = [6, 13];
/** Outside ring 0 these are #UD (SDM volume 2, CLAC and STAC). */
const UNDEFINED = new Set(['clac', 'stac']);

const host = openHostCpu();
if (typeof host === 'string') console.warn(`privileged instructions are not judged: ${host}`);

describe.skipIf(typeof host === 'string')('privileged instructions', () => {
  test('raise #GP on the host in ring 3', () => {
    if (typeof host === 'string') return;
    const random = new Random(1);
    const decoder = new Decoder(comparableModel(host).features);
    const mode = MODES[USER_64]!;
    const needs = { string: false, x87: false, vector: false };
    const rows = FAMILIES.flatMap((family) => family.rows).filter((row) => classesOf(row).has('privileged'));
    const cases = rows.flatMap((row): ConformanceCase[] => {
      for (let draw = 0; draw < 40; draw++) {
        const code = encodeRow(row, 64, mode, decoder, random)?.code;
        if (code !== undefined) return [{ name: row.name, mode: 64, code, state: randomState(64, needs, random) }];
      }
      return [];
    });
    expect(cases.length).toBeGreaterThan(15);
    const vectors = host.run(cases).map(({ vector }, i) => [cases[i]?.name, vector]);
    expect(vectors).toEqual(cases.map(({ name }) => [name, UNDEFINED.has(name) ? INVALID_OPCODE : GENERAL_PROTECTION]));
  });
});
