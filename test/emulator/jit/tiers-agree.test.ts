/**
 * The second tier must be invisible: after any number of instructions the saved state and RAM are those of the
 * interpreter. (That the interpreter is right is judged elsewhere, by the host's processor.)
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import {
  type Bare,
  bareProcessor,
  CODE,
  DATA,
  enterLong,
  enterProtected,
  enterUser,
  load,
  pageEntry,
  put,
} from '../support/bare-processor.js';
import { digest } from '../support/digest.js';
import { randomGraph, randomLoop, registers } from '../support/random-loop.js';

/** Runs both tiers to the same counts and compares everything. */
function agree(prepare: (cpu: MemlapseProcessor, bare: Bare) => void, stops: readonly number[]): Bare {
  const [plain, translated] = [bareProcessor(), bareProcessor({ hot: 2 })];
  for (const bare of [plain, translated]) prepare(bare.cpu, bare);
  for (const stop of stops) {
    const reasons = [plain, translated].map(({ cpu }) => cpu.run(stop));
    expect(reasons[1]).toBe(reasons[0]);
    expect(translated.cpu.icount).toBe(plain.cpu.icount);
    expect(digest(translated.cpu)).toBe(digest(plain.cpu));
  }
  return translated;
}

test('random loops end in the same state at every stop', () => {
  fc.assert(
    fc.property(randomLoop, fc.integer(), fc.integer({ min: 1, max: 900 }), (code, seed, stop) => {
      const bare = agree(
        (cpu) => {
          enterLong(cpu);
          registers(cpu, seed);
          load(cpu, CODE, code);
        },
        [stop, stop + 1, stop + 7, stop + 400, 100_000],
      );
      return bare.cpu.jitStatistics !== undefined;
    }),
    { numRuns: 15 },
  );
});

test('random graphs of blocks end in the same state at every stop', () => {
  let translated = 0;
  fc.assert(
    fc.property(randomGraph, fc.integer(), fc.integer({ min: 1, max: 900 }), (code, seed, stop) => {
      const bare = agree(
        (cpu) => {
          enterLong(cpu);
          registers(cpu, seed);
          cpu.setRegister('r15', 300n);
          load(cpu, CODE, code);
        },
        [stop, stop + 1, stop + 7, stop + 400, 100_000],
      );
      translated += bare.cpu.jitStatistics?.compiled ?? 0;
    }),
    { numRuns: 25 },
  );
  expect(translated).toBeGreaterThan(25);
});

test('the second tier really runs here', () => {
  const bare = agree(
    (cpu) => {
      enterLong(cpu);
      registers(cpu, 1);
      load(cpu, CODE, '48 01 c8 49 ff cf 75 f8 f4');
    },
    [10_000],
  );
  expect(bare.cpu.jitStatistics?.compiled).toBeGreaterThan(0);
});

describe('self-modifying code', () => {
  test('a loop that rewrites an immediate of its own block', () => {
    // L: add eax, 1; inc byte [rip-7 (the immediate)]; dec r15; jne L; hlt
    agree(
      (cpu) => {
        enterLong(cpu);
        registers(cpu, 2);
        cpu.setRegister('rax', 0n);
        load(cpu, CODE, '83 c0 01 fe 05 f9 ff ff ff 49 ff cf 75 f2 f4');
      },
      [50, 51, 60, 100_000],
    );
  });

  test('the sum proves that each new immediate was executed', () => {
    const { cpu } = bareProcessor({ hot: 2 });
    enterLong(cpu);
    cpu.setRegister('rax', 0n);
    cpu.setRegister('r15', 50n);
    load(cpu, CODE, '83 c0 01 fe 05 f9 ff ff ff 49 ff cf 75 f2 f4');
    cpu.run(100_000);
    expect(cpu.getRegister('rax')).toBe(BigInt((50 * 51) / 2));
  });

  test('code written over by the host is dropped', () => {
    const { cpu } = bareProcessor({ hot: 2 });
    enterLong(cpu);
    load(cpu, CODE, '48 ff c0 eb fb');
    cpu.run(10_001);
    load(cpu, CODE, '48 ff c1 eb fb');
    cpu.setRegister('rcx', 0n);
    cpu.run(20_001);
    expect(cpu.getRegister('rcx')).toBe(5000n);
  });
});

test('a fault in the middle of a hot loop is precise', () => {
  // L: mov rax,[rbx]; add rdx,rax; add rbx,0x400; dec r15; jmp L  - walks into a page that is not there
  const bare = agree(
    (cpu) => {
      enterLong(cpu);
      registers(cpu, 3);
      put(cpu, pageEntry(0x1_8000), 8, 0n);
      load(cpu, CODE, '48 8b 03 48 01 c2 48 81 c3 00 04 00 00 49 ff cf eb ee');
    },
    [100, 100_000],
  );
  expect(bare.cpu.getRegister('cr2')).toBe(0x1_8000n);
});

test('string instructions with faults in the middle, and their bulk form', () => {
  for (const code of ['f3 a4 f4', 'f3 48 a5 f4', 'f3 aa f4', 'f3 48 ab f4', 'f3 a6 f4', 'f2 ae f4', 'fd f3 a4 f4']) {
    for (const missing of [false, true]) {
      agree(
        (cpu) => {
          enterLong(cpu);
          registers(cpu, 4);
          if (missing) put(cpu, pageEntry(0xb000), 8, 0n);
          for (let i = 0; i < 0x4000; i++) cpu.ram[0xc000 + i] = (i * 7) & 0xff;
          cpu.setRegister('rsi', 0xc123n);
          cpu.setRegister('rdi', 0xa0f5n);
          cpu.setRegister('rcx', 0x300n);
          load(cpu, CODE, code);
        },
        [1, 100],
      );
    }
  }
});

test('32-bit code with a segment base, and ring 3', () => {
  for (const user of [false, true]) {
    agree(
      (cpu) => {
        enterProtected(cpu);
        cpu.setSegment('fs', { selector: 0x10, base: BigInt(DATA), limit: 0xffff, attributes: 0x40f3 });
        cpu.setRegister('rcx', 300n);
        if (user) enterUser(cpu);
        // L: add eax, fs:[4]; inc dword fs:[8]; push eax; pop edx; loop L; fs: mov al, [0x20000] (beyond the limit)
        load(cpu, CODE, '64 03 05 04 00 00 00 64 ff 05 08 00 00 00 50 5a e2 ee 64 a0 00 00 02 00');
      },
      [100, 101, 102, 100_000],
    );
  }
});
