/**
 * The second tier must be invisible: after any number of instructions the saved state and RAM are those of the
 * interpreter. (That the interpreter is right is judged elsewhere, by the host's processor.)
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import {
  type Bare,
  bareProcessor,
  bytes,
  CODE,
  DATA,
  enterLong,
  enterProtected,
  enterUser,
  load,
  pageEntry,
  put,
} from '../support/bare-processor.js';

function digest(cpu: MemlapseProcessor): string {
  const plain = (_key: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return `0x${value.toString(16)}`;
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  };
  return createHash('sha256').update(JSON.stringify(cpu.saveState(), plain)).update(cpu.ram).digest('hex');
}

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

/** Instructions that work on any state: registers but RSP, memory at RBX (data) and at small offsets from RSP. */
const POOL = [
  '01 c8', '29 d0', '48 01 f1', '48 19 fa', '11 d8', '31 c0', '21 ca', '09 f0', '39 c8', '48 39 d1', '84 c9',
  '48 85 c0', '83 c0 7f', '48 83 e9 01', '66 05 34 12', '04 80', '00 e0', '28 cc', '66 29 c1', '0f af c2',
  '48 0f af f7', '48 6b c1 11', 'f7 e1', '48 f7 ea', 'd1 e0', '48 c1 e9 05', 'd3 f8', '48 d3 c2', '66 d3 da',
  'c0 cc 03', '0f a4 c2 07', '48 0f ad d0', '0f b6 c1', '48 0f be d4', '0f b7 f2', '48 63 c8', '0f c8', '48 0f c9',
  '0f bc c1', '48 0f bd d7', 'f3 0f b8 c2', '0f a3 c8', '0f ab d1', '0f ba f0 0d', '48 98', '99', '0f 94 c0',
  '0f 9c c4', '0f 42 c1', '48 0f 4f d6', 'f7 d8', '48 f7 d1', 'ff c0', '48 ff c9', 'fe c4', 'f8', 'f5', 'f9', '9f',
  '9e', '8d 44 8a 10', '48 8d 14 f5 00 01 00 00', '48 8b 03', '8b 43 08', '48 89 43 10', '89 03', '66 89 53 18',
  '88 63 1a', '01 43 20', '48 29 4b 28', '83 6b 30 01', 'fe 43 38', '48 ff 43 40', '87 43 48', '0f c1 43 50',
  'f0 0f b1 53 58', '0f ab 43 60', '48 0f bb 4b 68', 'd1 43 70', '48 f7 5b 78', '0f 95 83 80 00 00 00', '50 5a',
  '51 59', '9c 58', '48 8b 83 f9 0f 00 00', '48 89 8b fb 0f 00 00', '48 01 93 fd 0f 00 00', '66 0f 6f 03',
  '66 0f fe 43 20', '66 0f 7f 43 30', 'f2 0f 58 43 40', 'f2 0f 11 43 50', '48 87 ca', '0f c7 4b 08',
]; // biome-ignore format: a list

const JUMPS = ['70', '72', '74', '76', '78', '7a', '7c', '7e', '71', '73', '75', '77', '79', '7b', '7d', '7f'];

/** A loop of random instructions with forward jumps inside; R15 counts it down, then HLT. */
const program = fc
  .array(
    fc.tuple(fc.integer({ min: 0, max: POOL.length - 1 }), fc.option(fc.integer({ min: 0, max: 15 }), { freq: 4 })),
    {
      minLength: 4,
      maxLength: 40,
    },
  )
  .map((choices) => {
    const body = choices.flatMap(([index, jump]) => {
      const code = bytes(POOL[index] as string);
      return jump === null ? code : [...bytes(JUMPS[jump] as string), code.length, ...code];
    });
    const back = -(body.length + 9);
    const tail = [0x49, 0xff, 0xcf, 0x0f, 0x85, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff, 0xf4];
    return [...body, ...tail].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  });

function registers(cpu: MemlapseProcessor, seed: number): void {
  let next = seed >>> 0;
  for (const name of ['rax', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'r8', 'r9']) {
    next = (Math.imul(next, 1664525) + 1013904223) >>> 0;
    cpu.setRegister(name, (BigInt(next) << 32n) ^ BigInt(Math.imul(next, 22695477) >>> 0));
  }
  cpu.setRegister('rbx', BigInt(DATA));
  cpu.setRegister('r15', 60n);
  cpu.setRegister('cr4', 0x620n);
}

test('random loops end in the same state at every stop', () => {
  fc.assert(
    fc.property(program, fc.integer(), fc.integer({ min: 1, max: 900 }), (code, seed, stop) => {
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
