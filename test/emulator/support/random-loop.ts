/** Random programs and registers for comparing ways of running them: a loop over instructions that work on any state. */
import fc from 'fast-check';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import { bytes, DATA } from './bare-processor.js';

/**
 * Instructions that work on any state: registers but RSP, memory at RBX (data) and at small offsets from RSP. RBX may move
 * to the end of its page and back.
 */
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
  '48 81 f3 c0 0f 00 00', '48 81 f3 c0 0f 00 00',
]; // biome-ignore format: a list

const JUMPS = ['70', '72', '74', '76', '78', '7a', '7c', '7e', '71', '73', '75', '77', '79', '7b', '7d', '7f'];

const hex = (code: readonly number[]): string => code.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
const rel32 = (distance: number): number[] => [0, 8, 16, 24].map((shift) => (distance >> shift) & 0xff);

/** The instructions of `body` over and over: R15 counts them down, then HLT. */
export function countedLoop(body: readonly number[]): string {
  return hex([...body, 0x49, 0xff, 0xcf, 0x0f, 0x85, ...rel32(-(body.length + 9)), 0xf4]);
}

/** A loop of random instructions with forward jumps inside; R15 counts it down, then HLT. */
export const randomLoop = fc
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
    return countedLoop(body);
  });

/**
 * Blocks of random instructions that branch to one another forward and back, into loops and out of them; each counts R15
 * down and ends the program with HLT when that is 0.
 */
export const randomGraph = fc
  .array(
    fc.record({
      body: fc.array(fc.integer({ min: 0, max: POOL.length - 1 }), { maxLength: 3 }),
      condition: fc.integer({ min: 0, max: 15 }),
      target: fc.nat(),
    }),
    { minLength: 2, maxLength: 12 },
  )
  .map((blocks) => {
    const bodies = blocks.map(({ body }) => body.flatMap((index) => bytes(POOL[index] as string)));
    // Behind each body: dec r15; jz end; jcc target.
    const starts = [0];
    for (const body of bodies) starts.push((starts.at(-1) as number) + body.length + 15);
    const last = starts.at(-1) as number;
    const code = blocks.flatMap(({ condition, target }, i) => {
      const body = bodies[i] as number[];
      const behind = (starts[i] as number) + body.length + 9;
      const to = starts[target % blocks.length] as number;
      return [
        ...body, 0x49, 0xff, 0xcf, 0x0f, 0x84, ...rel32(last + 5 - behind), 0x0f, 0x80 + condition, ...rel32(to - behind - 6),
      ]; // biome-ignore format: one instruction after the other
    });
    return hex([...code, 0xe9, ...rel32(-(last + 5)), 0xf4]);
  });

export function registers(cpu: MemlapseProcessor, seed: number): void {
  let next = seed >>> 0;
  for (const name of ['rax', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'r8', 'r9']) {
    next = (Math.imul(next, 1664525) + 1013904223) >>> 0;
    cpu.setRegister(name, (BigInt(next) << 32n) ^ BigInt(Math.imul(next, 22695477) >>> 0));
  }
  cpu.setRegister('rbx', BigInt(DATA));
  cpu.setRegister('r15', 60n);
  cpu.setRegister('cr4', 0x620n);
}
