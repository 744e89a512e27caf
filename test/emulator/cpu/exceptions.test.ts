/** Delivery of exceptions and interrupts: SDM volume 3, chapter 6. */
import { describe, expect, test } from 'vitest';
import {
  bareProcessor,
  CODE,
  enterLong,
  enterProtected,
  enterUser,
  get,
  haltedIn,
  IDT,
  load,
  put,
  STACK_TOP,
} from '../support/bare-processor.js';

describe('vectors and error codes in 64-bit mode', () => {
  const cases: readonly (readonly [name: string, code: string, vector: number, error: bigint | undefined])[] = [
    ['division by zero', '31 c9 f7 f1', 0, undefined],
    ['quotient too large', '31 c0 ba 01 00 00 00 b9 01 00 00 00 f7 f1', 0, undefined],
    ['UD2', '0f 0b', 6, undefined],
    ['an undefined opcode', '06', 6, undefined],
    ['LOCK on a register form', 'f0 01 c0', 6, undefined],
    ['a selector beyond the table', '66 b8 38 00 8e d8', 13, 0x38n],
    ['a code segment that is not present', '66 b8 08 00 8e d0', 13, 8n],
    ['INT3', 'cc', 3, undefined],
    ['an unknown MSR', 'b9 ff ff 00 00 0f 32', 13, 0n],
    ['a gate beyond the table', 'cd 80', 13, 0x402n],
  ];
  test.each(cases)('%s', (_name, code, vector, error) => {
    const { cpu } = bareProcessor();
    enterLong(cpu);
    load(cpu, CODE, code);
    cpu.run(1000);
    expect(haltedIn(cpu)).toBe(vector);
    const frame = Number(cpu.getRegister('rsp'));
    expect(STACK_TOP - frame).toBe(error === undefined ? 40 : 48);
    if (error !== undefined) expect(get(cpu, frame, 8)).toBe(error);
  });
});

test('privileged instructions raise #GP(0) in ring 3, and the handler runs on the stack of the TSS', () => {
  for (const code of ['f4', 'fa', '0f 20 c0', '0f 01 3b', '0f 32', 'e4 80']) {
    const { cpu } = bareProcessor();
    enterLong(cpu);
    load(cpu, CODE, code);
    cpu.setRegister('rsp', 0x7000n);
    enterUser(cpu);
    cpu.run(1000);
    expect([code, haltedIn(cpu), cpu.getRegister('cpl')]).toEqual([code, 13, 0n]);
    const frame = Number(cpu.getRegister('rsp'));
    const words = [0, 8, 16, 24, 32, 40].map((offset) => get(cpu, frame + offset, 8));
    expect(words).toEqual([0n, BigInt(CODE), 0x1bn, 0x1_0002n, 0x7000n, 0x23n]);
  }
});

test('a contributory fault while delivering one is a double fault; a fault there shuts down', () => {
  const { cpu } = bareProcessor();
  enterProtected(cpu);
  load(cpu, CODE, '31 c9 f7 f1');
  put(cpu, IDT, 8, 0n); // #DE's gate is no gate: #GP
  cpu.run(1000);
  expect(haltedIn(cpu)).toBe(8);
  expect(get(cpu, Number(cpu.getRegister('rsp')), 4)).toBe(0n);

  const second = bareProcessor().cpu;
  enterProtected(second);
  load(second, CODE, '31 c9 f7 f1');
  second.enter({ registers: {}, control: {}, segments: {}, idt: { base: 0n, limit: 0 } });
  expect(second.run(1000)).toBe('triple-fault');
  expect(second.icount).toBe(1);
});

describe('interrupts', () => {
  test('wait for IF, and STI holds them off for one instruction', () => {
    const { cpu, bus } = bareProcessor();
    enterLong(cpu);
    load(cpu, CODE, '90 fb 90 90 f4'); // nop; sti; nop; nop; hlt
    bus.vector = 40;
    cpu.setInterruptLine(true);
    expect(cpu.run(1000)).toBe('halt');
    expect(haltedIn(cpu)).toBe(40);
    // RIP in the frame: behind the instruction after STI.
    expect(get(cpu, Number(cpu.getRegister('rsp')), 8)).toBe(BigInt(CODE + 3));
    expect(cpu.icount).toBe(4);
  });

  test('a line that is raised between runs is seen at exactly that instruction', () => {
    for (const hot of [undefined, 1]) {
      const { cpu, bus } = hot === undefined ? bareProcessor() : bareProcessor({ hot });
      enterLong(cpu);
      load(cpu, CODE, '48 ff c0 eb fb'); // inc rax; jmp
      cpu.setRegister('rflags', 0x202n);
      bus.vector = 33;
      expect(cpu.run(100_001)).toBe('limit');
      expect(cpu.icount).toBe(100_001);
      cpu.setInterruptLine(true);
      cpu.run(200_000);
      expect([haltedIn(cpu), cpu.getRegister('rax'), cpu.icount]).toEqual([33, 50_001n, 100_002]);
    }
  });

  test('HLT wakes up on an interrupt and goes on behind itself', () => {
    const { cpu, bus } = bareProcessor();
    enterLong(cpu);
    load(cpu, CODE, 'fb f4 90');
    bus.vector = 35;
    expect(cpu.run(1000)).toBe('halt');
    cpu.setInterruptLine(true);
    cpu.run(1000);
    expect(haltedIn(cpu)).toBe(35);
    expect(get(cpu, Number(cpu.getRegister('rsp')), 8)).toBe(BigInt(CODE + 2));
  });
});

test('TF traps after each instruction with DR6.BS', () => {
  const { cpu } = bareProcessor();
  enterLong(cpu);
  load(cpu, CODE, '90 90 90');
  cpu.setRegister('rflags', 0x102n);
  cpu.run(1000);
  expect(haltedIn(cpu)).toBe(1);
  expect(cpu.getRegister('dr6') & 0x4000n).toBe(0x4000n);
  expect(get(cpu, Number(cpu.getRegister('rsp')), 8)).toBe(BigInt(CODE + 1));
});

test('SYSCALL and SYSRET carry RIP and RFLAGS in RCX and R11', () => {
  const { cpu } = bareProcessor();
  enterLong(cpu);
  load(cpu, CODE, '0f 05 90 0f 0b');
  load(cpu, 0x1800, '48 0f 07');
  cpu.setRegister('star', (0x10n << 48n) | (8n << 32n));
  cpu.setRegister('lstar', 0x1800n);
  cpu.setRegister('sfmask', 0x200n);
  cpu.setRegister('rflags', 0x246n);
  enterUser(cpu);
  cpu.run(1);
  const entered = ['rip', 'rcx', 'r11', 'rflags', 'cpl'].map((name) => cpu.getRegister(name));
  expect(entered).toEqual([0x1800n, BigInt(CODE + 2), 0x246n, 0x46n, 0n]);
  cpu.run(2);
  expect(['rip', 'rflags', 'cpl'].map((name) => cpu.getRegister(name))).toEqual([BigInt(CODE + 2), 0x246n, 3n]);
  expect([cpu.getSegment('cs').selector, cpu.getSegment('ss').selector]).toEqual([0x23, 0x1b]);
});

test('expand-down and limited segments fault beyond their limits in 32-bit mode', () => {
  for (const [attributes, limit, offset, vector] of [
    [0x4093, 0xfff, 0xffd, 13], // 4 bytes end behind the limit
    [0x4093, 0xfff, 0xffc, undefined],
    [0x4097, 0xfff, 0xffc, 13], // expand-down: offsets up to the limit are outside
    [0x4097, 0xfff, 0x1000, undefined],
    [0x4091, 0xfff, 0, 13], // read-only
  ] as const) {
    const { cpu } = bareProcessor();
    enterProtected(cpu);
    load(cpu, CODE, '89 03 f4');
    cpu.setRegister('rbx', BigInt(offset));
    cpu.setSegment('ds', { selector: 0x10, base: 0x6000n, limit, attributes });
    cpu.run(100);
    expect([attributes, offset, haltedIn(cpu)]).toEqual([attributes, offset, vector]);
  }
});
