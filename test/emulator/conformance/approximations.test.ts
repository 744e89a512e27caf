import { describe, expect, it } from 'vitest';
import type { ConformanceCase } from './case.js';
import { EmulatorCpu } from './emulator-cpu.js';
import { openHostCpu } from './host/host-cpu.js';
import { randomFloat, SINGLE } from './operands.js';
import { Random } from './random.js';
import { StateImage } from './state-image.js';

const host = openHostCpu();
/** SDM volume 1, 10.4.2.1. */
const MAX_RELATIVE_ERROR = 1.5 * 2 ** -12;

const asNumber = (bits: bigint): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number(bits & 0xffffffffn));
  return view.getFloat32(0);
};

function casesOf(opcode: number): ConformanceCase[] {
  const random = new Random(12);
  return Array.from({ length: 400 }, () => {
    const state = StateImage.initial();
    state.setXmm(1, 0, randomFloat(random, SINGLE));
    return { name: 'approximation', mode: 64 as const, code: Uint8Array.of(0xf3, 0x0f, opcode, 0xc1), state };
  });
}

/** 'equal' for everything that is not an ordinary number. */
function relation(want: bigint, got: bigint): string {
  if (want === got) return 'equal';
  const [a, b] = [asNumber(want), asNumber(got)];
  if (!Number.isFinite(a) || a === 0) return `${want.toString(16)} became ${got.toString(16)}`;
  // Both are approximations of one value.
  const error = Math.abs(b / a - 1);
  return error <= 2 * MAX_RELATIVE_ERROR ? 'equal' : `${a} became ${b}`;
}

describe.skipIf(typeof host === 'string').each([
  ['rcpss', 0x53],
  ['rsqrtss', 0x52],
] as const)('%s', (_name, opcode) => {
  if (typeof host === 'string') return;

  it.each(['interpreter', 'jit'] as const)(
    'is as near as promised in the %s, and exact for special operands',
    (tier) => {
      const cases = casesOf(opcode);
      const expected = host.run(cases);
      const actual = new EmulatorCpu(tier).run(cases);
      const low = (outcome: (typeof actual)[number] | undefined): bigint =>
        (outcome?.state.xmm(0, 0) ?? 0n) & 0xffffffffn;
      expect(
        cases.map((_, i) => relation(low(expected[i]), low(actual[i]))).filter((text) => text !== 'equal'),
      ).toEqual([]);
      expect(actual.every((outcome) => outcome.state.mxcsr === 0x1f80)).toBe(true);
    },
  );
});
