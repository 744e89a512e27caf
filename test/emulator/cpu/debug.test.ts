/** Debug registers, single steps, RF and alignment checks: SDM volume 3, 18.2-18.3 and 6.15. */
import { describe, expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import {
  bareProcessor,
  CODE,
  DATA,
  enterLong,
  enterProtected,
  enterUser,
  get,
  HANDLERS,
  haltedIn,
  load,
  STACK_TOP,
} from '../support/bare-processor.js';

const RF = 0x1_0000n;

/** A processor in ring 0 whose breakpoints are set, in both tiers. */
function armed(code: string, registers: Readonly<Record<string, bigint>>, hot?: number): MemlapseProcessor {
  const { cpu } = hot === undefined ? bareProcessor() : bareProcessor({ hot });
  enterLong(cpu);
  load(cpu, CODE, code);
  cpu.setRegister('rbx', BigInt(DATA));
  for (const [name, value] of Object.entries(registers)) cpu.setRegister(name, value);
  return cpu;
}

/** What the #DB handler sees: RIP and RFLAGS in its frame, DR6. */
function trapped(cpu: MemlapseProcessor): { rip: bigint; rf: boolean; dr6: bigint } {
  cpu.run(1000);
  expect(haltedIn(cpu)).toBe(1);
  const frame = Number(cpu.getRegister('rsp'));
  return { rip: get(cpu, frame, 8), rf: (get(cpu, frame + 16, 8) & RF) !== 0n, dr6: cpu.getRegister('dr6') };
}

describe.each([undefined, 1])('breakpoints (translated after %s runs)', (hot) => {
  test('on an instruction: a fault before it, without RF', () => {
    const cpu = armed('90 90 48 ff c0', { dr1: BigInt(CODE + 1), dr7: 4n, dr6: 0xffff_0ff1n }, hot);
    expect(trapped(cpu)).toEqual({ rip: BigInt(CODE + 1), rf: false, dr6: 0xffff_0ff2n });
  });

  test('on an instruction: RF lets it pass once', () => {
    const cpu = armed('90 eb fd', { dr1: BigInt(CODE), dr7: 4n, rflags: 2n | RF }, hot);
    expect(trapped(cpu).rip).toBe(BigInt(CODE));
    expect(cpu.icount).toBe(3);
  });

  // mov [rbx], eax; mov eax, [rbx]; nop
  test.each([
    ['a write', 0x0001_0001n, 0n, CODE + 2],
    ['a write of one of its bytes', 0x0001_0001n, 3n, CODE + 2],
    ['an access of eight bytes around it', 0x000b_0001n, 5n, CODE + 2],
    ['an access, met by a read', 0x0003_0001n, -8n, CODE + 5],
  ])('on %s: a trap behind it', (_what, dr7, offset, rip) => {
    const code = offset < 0n ? '89 03 8b 43 f8 90' : '89 03 8b 03 90';
    const cpu = armed(code, { dr0: BigInt(DATA) + offset, dr7 }, hot);
    expect(trapped(cpu)).toEqual({ rip: BigInt(rip), rf: false, dr6: 0xffff_0ff1n });
  });

  test('on a write: reads and other addresses do not meet it', () => {
    const cpu = armed('8b 03 89 43 04 89 43 fc f4', { dr0: BigInt(DATA), dr7: 0x000d_0001n }, hot);
    expect([cpu.run(1000), haltedIn(cpu), cpu.icount]).toEqual(['halt', undefined, 4]);
  });

  test('on a write that a repeated store makes', () => {
    const registers = { dr0: BigInt(DATA + 40), dr7: 0x0001_0001n, rdi: BigInt(DATA), rcx: 100n };
    expect(trapped(armed('f3 aa 90', registers, hot)).rip).toBe(BigInt(CODE + 2));
  });

  test('on a port, with CR4.DE only', () => {
    const registers = { dr2: 0x80n, dr7: 0x0200_0010n, cr4: 0x28n };
    expect(trapped(armed('e6 80 90', registers, hot))).toMatchObject({ rip: BigInt(CODE + 2), dr6: 0xffff_0ff4n });
    const without = armed('e6 80 f4', { ...registers, cr4: 0x20n }, hot);
    expect([without.run(100), haltedIn(without)]).toEqual(['halt', undefined]);
  });
});

test('a fault of the instruction comes instead of its data breakpoint', () => {
  // The write of FXSAVE's first bytes is met, the operand is misaligned: #GP.
  const cpu = armed('0f ae 43 01', { dr0: BigInt(DATA), dr7: 0x000f_0001n, cr4: 0x220n });
  cpu.run(100);
  expect([haltedIn(cpu), cpu.getRegister('dr6') & 15n]).toEqual([13, 0n]);
});

test('DR7.GD: access to a debug register is a fault, once', () => {
  const cpu = armed('90 0f 21 c0', { dr7: 0x2400n });
  expect(trapped(cpu)).toEqual({ rip: BigInt(CODE + 1), rf: true, dr6: 0xffff_2ff0n });
  expect(cpu.getRegister('dr7')).toBe(0x400n);
});

test('INT1 traps without a condition, and single steps add none to it', () => {
  expect(trapped(armed('f1 90', { rflags: 0x102n }))).toEqual({ rip: BigInt(CODE + 1), rf: false, dr6: 0xffff_0ff0n });
});

test('a load of SS holds its own breakpoint and the single step back for one instruction', () => {
  const registers = { dr0: BigInt(DATA), dr7: 0x000f_0001n, rflags: 0x102n };
  const cpu = armed('8e 13 90 90', registers);
  load(cpu, DATA, '10 00');
  expect(trapped(cpu)).toMatchObject({ rip: BigInt(CODE + 3), dr6: 0xffff_4ff1n });
});

test('SYSRET traps at once when it sets TF; SYSCALL does not when FMASK clears it', () => {
  const cpu = armed('0f 05', { star: (0x10n << 48n) | (8n << 32n), lstar: 0x1800n, sfmask: 0x100n, rflags: 0x102n });
  load(cpu, 0x1800, '90 48 0f 07');
  enterUser(cpu);
  cpu.setRegister('rsp', 0x7000n);
  expect(trapped(cpu)).toMatchObject({ rip: BigInt(CODE + 2) });
  expect(cpu.icount).toBe(4);
});

describe('alignment checks', () => {
  const AC = 0x4_0000n;
  const user = (code: string, rflags: bigint, cr0 = 0x8005_0011n): MemlapseProcessor => {
    const cpu = armed(code, { rflags, cr0, rsp: 0x7000n });
    enterUser(cpu);
    cpu.run(100);
    return cpu;
  };

  test('raise #AC(0) in ring 3 with CR0.AM and EFLAGS.AC', () => {
    for (const code of ['89 43 02', '8b 43 01', '66 89 43 01', '48 8b 43 04', '01 43 03', 'ff 73 01']) {
      const cpu = user(`${code} 0f 0b`, 2n | AC);
      expect([code, haltedIn(cpu), get(cpu, Number(cpu.getRegister('rsp')), 8)]).toEqual([code, 17, 0n]);
    }
  });

  test('do not, when aligned, without AM or without AC', () => {
    expect(haltedIn(user('89 43 04 88 43 01 66 89 43 02 0f 0b', 2n | AC))).toBe(6);
    expect(haltedIn(user('89 43 02 0f 0b', 2n))).toBe(6);
    expect(haltedIn(user('89 43 02 0f 0b', 2n | AC, 0x8001_0011n))).toBe(6);
  });

  test('begin with the POPF that sets AC', () => {
    // push 40002h; popf; mov [rbx + 1], eax; ud2
    expect(haltedIn(user('68 02 00 04 00 9d 89 43 01 0f 0b', 2n))).toBe(17);
  });
});

test('RF of a return frame holds for one instruction', () => {
  const { cpu } = bareProcessor();
  enterProtected(cpu);
  // iret to CODE + 0x20 with RF: nop; pushf-like frame by INT3, whose handler halts.
  load(cpu, CODE, 'cf');
  load(cpu, CODE + 0x20, '90 cc');
  const words = [CODE + 0x20, 8, 0x1_0002];
  words.forEach((value, i) => {
    load(cpu, STACK_TOP - 12 + i * 4, [0, 8, 16, 24].map((shift) => ((value >> shift) & 0xff).toString(16)).join(' '));
  });
  cpu.setRegister('rsp', BigInt(STACK_TOP - 12));
  cpu.run(1);
  expect(cpu.getRegister('rflags')).toBe(0x1_0002n);
  cpu.run(2);
  expect([cpu.getRegister('rip'), cpu.getRegister('rflags')]).toEqual([BigInt(CODE + 0x21), 2n]);
  cpu.run(100);
  expect(cpu.getRegister('rip')).toBe(BigInt(HANDLERS + 3 + 1));
});
