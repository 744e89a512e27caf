/** Handlers that were generated ahead are those that the machine would have generated itself, and it needs few others. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import {
  PREPARED_PARTS,
  type PreparedHandlers,
  prepareHandlers,
} from '../../../src/emulator/interpreter/prepared-handlers.js';
import { buildRoutines } from '../../../src/emulator/softfloat/routines.js';
import { bareProcessor, bytes, CODE, DATA, enterLong, enterProtected, load } from '../support/bare-processor.js';
import { digest } from '../support/digest.js';
import { randomLoop, registers } from '../support/random-loop.js';

const modules = new Map(PREPARED_PARTS.map((part) => [part, new WebAssembly.Module(prepareHandlers(part))]));
const handlers: PreparedHandlers = (part) => modules.get(part);

/** Runs the same with handlers of either origin, and counts the modules that each had to generate. */
function generated(prepare: (cpu: MemlapseProcessor) => void, stops: readonly number[]): number[] {
  const both = [bareProcessor().cpu, bareProcessor({ handlers }).cpu] as const;
  for (const cpu of both) prepare(cpu);
  for (const stop of stops) {
    const [own, prepared] = both.map((cpu) => [cpu.run(stop), cpu.icount, digest(cpu)]);
    expect(prepared).toEqual(own);
  }
  return both.map(({ core }) => core.handlers.modules);
}

test('64-bit programs run the same, and generate next to nothing', () => {
  const counts = { own: 0, prepared: 0 };
  fc.assert(
    fc.property(randomLoop, fc.integer(), fc.integer({ min: 1, max: 900 }), (code, seed, stop) => {
      const [own = 0, prepared = 0] = generated(
        (cpu) => {
          enterLong(cpu);
          registers(cpu, seed);
          load(cpu, CODE, code);
        },
        [stop, stop + 1, 100_000],
      );
      counts.own += own;
      counts.prepared += prepared;
    }),
    { numRuns: 15 },
  );
  expect(counts.own).toBeGreaterThan(15);
  expect(counts.prepared).toBeLessThan(counts.own / 4);
});

test('32-bit programs, with floating point, generate nothing', () => {
  // mov ecx,3; fld1; fadd st0,st0; fstp qword [DATA]; cvttsd2si eax,[DATA]; add [ebx+esi],eax; dec ecx; jnz; hlt
  const code = 'b9 03 00 00 00 d9 e8 d8 c0 dd 1b f2 0f 2c 03 01 04 33 49 75 f2 f4';
  expect(bytes(code)).toHaveLength(22);
  const counts = generated(
    (cpu) => {
      enterProtected(cpu);
      cpu.setRegister('cr4', 0x600n);
      cpu.setRegister('rbx', BigInt(DATA));
      cpu.setRegister('rsi', 0x100n);
      load(cpu, CODE, code);
    },
    [5, 12, 100],
  );
  expect(counts[0]).toBeGreaterThan(0);
  expect(counts[1]).toBe(0);
});

test('only the parts for floating point ask for its routines', () => {
  const routines = new Set(buildRoutines().functions.map(({ name }) => name));
  const asks = PREPARED_PARTS.map((part) => [
    part,
    WebAssembly.Module.imports(modules.get(part) as WebAssembly.Module).some(({ name }) => routines.has(name)),
  ]);
  expect(Object.fromEntries(asks)).toEqual({ general64: false, floating64: true, general32: false, floating32: true });
});
