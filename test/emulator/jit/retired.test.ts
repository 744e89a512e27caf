/** What `--stats` says of the tiers: instructions that ran in regions, counted by hand for small loops. */
import { expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import { bareProcessor, CODE, DATA, enterLong, load, pageEntry, put } from '../support/bare-processor.js';

const retired = (cpu: MemlapseProcessor): number | undefined => cpu.jitStatistics?.retired;

function processor(code: string, rounds: bigint): MemlapseProcessor {
  const { cpu } = bareProcessor({ hot: 2 });
  enterLong(cpu);
  cpu.setRegister('rbx', BigInt(DATA));
  cpu.setRegister('r15', rounds);
  load(cpu, CODE, code);
  return cpu;
}

test('all rounds of a loop but the first, which makes it hot', () => {
  // inc eax; dec r15; jnz; hlt
  const cpu = processor('ff c0 49 ff cf 75 f9 f4', 1000n);
  cpu.run(100_000);
  expect([cpu.icount, retired(cpu)]).toEqual([3001, 999 * 3]);
});

test('up to the limit, where the rest of a block is interpreted', () => {
  const cpu = processor('ff c0 49 ff cf 75 f9 f4', 1000n);
  cpu.run(301);
  expect([cpu.icount, retired(cpu)]).toEqual([301, 99 * 3]);
});

test('up to an instruction that faults, which the interpreter executes', () => {
  // inc eax; mov edx,[rbx]; dec r15; jnz; hlt
  const cpu = processor('ff c0 8b 13 49 ff cf 75 f7 f4', 1000n);
  cpu.run(400);
  expect([cpu.icount, retired(cpu)]).toEqual([400, 99 * 4]);
  put(cpu, pageEntry(DATA), 8, 0n);
  cpu.setRegister('cr3', cpu.getRegister('cr3'));
  cpu.run(100_000);
  // INC in the region; the handler's HLT.
  expect([cpu.icount, retired(cpu)]).toEqual([402, 99 * 4 + 1]);
});

test('none without a second tier', () => {
  const { cpu } = bareProcessor();
  expect(retired(cpu)).toBeUndefined();
});
