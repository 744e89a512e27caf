/** Hardware task switches: SDM volume 3, 8.2-8.4. Two 32-bit tasks, paging off. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import {
  bareProcessor,
  CODE,
  enterProtected,
  GDT,
  get,
  haltedIn,
  IDT,
  load,
  put,
  TSS,
} from '../support/bare-processor.js';

const OTHER = 0xa000;
const OTHER_CODE = 0x1800;
const AVAILABLE = 0x89n;
const BUSY = 0x8bn;
const FIELD = {
  link: 0,
  eip: 0x20,
  eflags: 0x24,
  eax: 0x28,
  esp: 0x38,
  es: 0x48,
  cs: 0x4c,
  ss: 0x50,
  ldt: 0x60,
  trap: 0x64,
};
const NT = 0x4000n;

let cpu: MemlapseProcessor;
const descriptor = (base: number, type: bigint, limit = 0x67n): bigint => limit | (BigInt(base) << 16n) | (type << 40n);
const typeOf = (selector: number): bigint => (get(cpu, GDT + selector, 8) >> 40n) & 0xffn;
const field = (task: number, name: keyof typeof FIELD): bigint => get(cpu, task + FIELD[name], 4);

/** Selector 30 is the other task's TSS, 38 a task gate to it. */
beforeEach(() => {
  cpu = bareProcessor().cpu;
  enterProtected(cpu);
  put(cpu, GDT + 0x28, 8, descriptor(TSS, BUSY));
  put(cpu, GDT + 0x30, 8, descriptor(OTHER, AVAILABLE));
  put(cpu, GDT + 0x38, 8, (0x30n << 16n) | (0x8500n << 32n));
  cpu.enter({ registers: {}, control: {}, segments: {}, gdt: { base: BigInt(GDT), limit: 0x3f } });
  const other = { eip: OTHER_CODE, eflags: 0x402, eax: 0x1234, esp: 0x8800, es: 0x10, cs: 8, ss: 0x10, ldt: 0 };
  for (const [name, value] of Object.entries(other))
    put(cpu, OTHER + FIELD[name as keyof typeof FIELD], 4, BigInt(value));
  for (const offset of [0x54, 0x58, 0x5c]) put(cpu, OTHER + offset, 4, 0x10n);
  load(cpu, OTHER_CODE, '40 f4'); // inc eax; hlt
});

const registers = (): bigint[] => ['rip', 'rax', 'rsp', 'rflags'].map((name) => cpu.getRegister(name));

test('JMP saves one task, loads the other and moves the busy bit', () => {
  load(cpu, CODE, 'b8 78 56 34 12 ea 00 00 00 00 30 00 90');
  cpu.run(3);
  expect(registers()).toEqual([BigInt(OTHER_CODE + 1), 0x1235n, 0x8800n, 0x406n]);
  expect([field(TSS, 'eip'), field(TSS, 'eax'), field(TSS, 'cs')]).toEqual([BigInt(CODE + 12), 0x1234_5678n, 8n]);
  expect([typeOf(0x28), typeOf(0x30)]).toEqual([AVAILABLE, BUSY]);
  expect(cpu.getSegment('tr').selector).toBe(0x30);
  // CR0.TS tells the system to save the FPU.
  expect(cpu.getRegister('cr0') & 8n).toBe(8n);
});

test.each([0x30, 0x38])('CALL %i links the tasks with NT, and IRET goes back', (selector) => {
  load(cpu, CODE, `9a 00 00 00 00 ${selector.toString(16)} 00 43 f4`); // call far; inc ebx; hlt
  load(cpu, OTHER_CODE, '40 cf 40 f4'); // inc eax; iret; inc eax; hlt
  cpu.run(2);
  expect([cpu.getRegister('rflags') & NT, field(OTHER, 'link') & 0xffffn]).toEqual([NT, 0x28n]);
  expect([typeOf(0x28), typeOf(0x30)]).toEqual([BUSY, BUSY]);
  cpu.run(4);
  expect([cpu.getRegister('rip'), cpu.getRegister('rbx')]).toEqual([BigInt(CODE + 8), 1n]);
  expect([typeOf(0x28), typeOf(0x30)]).toEqual([BUSY, AVAILABLE]);
  // The saved image goes on behind its IRET, without NT.
  expect([field(OTHER, 'eip'), field(OTHER, 'eax'), field(OTHER, 'eflags') & NT]).toEqual([
    BigInt(OTHER_CODE + 2),
    0x1235n,
    0n,
  ]);
});

test('a task gate in the IDT takes an exception with its error code', () => {
  put(cpu, IDT + 13 * 8, 8, (0x30n << 16n) | (0x8500n << 32n));
  load(cpu, CODE, '66 b8 40 00 8e d8'); // mov ds, a selector behind the table: #GP(40)
  load(cpu, OTHER_CODE, '58 f4'); // pop eax
  cpu.run(100);
  expect([cpu.getRegister('rax'), cpu.getRegister('rsp')]).toEqual([0x40n, 0x8800n]);
  // The old task goes on at the fault, with RF.
  expect([field(TSS, 'eip'), field(TSS, 'eflags') & 0x1_0000n]).toEqual([BigInt(CODE + 4), 0x1_0000n]);
});

test('the T bit traps before the first instruction of the new task', () => {
  put(cpu, OTHER + FIELD.trap, 2, 1n);
  load(cpu, CODE, 'ea 00 00 00 00 30 00');
  cpu.run(100);
  expect([haltedIn(cpu), cpu.getRegister('dr6') & 0xf00fn, get(cpu, Number(cpu.getRegister('rsp')), 4)]).toEqual([
    1,
    0x8000n,
    BigInt(OTHER_CODE),
  ]);
});

describe('refused in the old task', () => {
  test.each([
    ['a busy TSS', descriptor(OTHER, BUSY), 13],
    ['a TSS that is not present', descriptor(OTHER, 0x09n), 11],
    ['a TSS that is too short', descriptor(OTHER, AVAILABLE, 0x66n), 10],
  ])('%s', (_what, tss, vector) => {
    put(cpu, GDT + 0x30, 8, tss);
    load(cpu, CODE, 'ea 00 00 00 00 30 00');
    cpu.run(100);
    const frame = Number(cpu.getRegister('rsp'));
    expect([haltedIn(cpu), get(cpu, frame, 4), get(cpu, frame + 4, 4)]).toEqual([vector, 0x30n, BigInt(CODE)]);
  });
});

test('a bad segment is the new task’s fault', () => {
  put(cpu, OTHER + FIELD.es, 4, 0x50n);
  load(cpu, CODE, 'ea 00 00 00 00 30 00');
  cpu.run(100);
  const frame = Number(cpu.getRegister('rsp'));
  expect([haltedIn(cpu), get(cpu, frame, 4), get(cpu, frame + 4, 4)]).toEqual([10, 0x50n, BigInt(OTHER_CODE)]);
  expect(cpu.getSegment('tr').selector).toBe(0x30);
});
