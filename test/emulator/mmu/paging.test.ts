/** Page faults, accessed and dirty bits: SDM volume 3, sections 4.6 (rights), 4.7 (error codes), 4.8 (A and D). */
import { describe, expect, test } from 'vitest';
import {
  bareProcessor,
  DATA,
  enterLong,
  enterProtected,
  enterUser,
  get,
  haltedIn,
  load,
  pageEntry,
  put,
  STACK_TOP,
} from '../support/bare-processor.js';

const READ = '48 8b 03 f4'; // mov rax, [rbx]; hlt
const WRITE = '48 89 03 f4'; // mov [rbx], rax; hlt
const EXECUTE = 'ff e3'; // jmp rbx

interface Case {
  readonly name: string;
  readonly code: string;
  readonly entry: bigint;
  readonly user?: boolean;
  readonly cr0?: bigint;
  /** Expected error code, or undefined for no fault. */
  readonly error: number | undefined;
}

const NX = 1n << 63n;

const cases: readonly Case[] = [
  { name: 'read of a page that is not present', code: READ, entry: 0n, error: 0 },
  { name: 'write to a page that is not present', code: WRITE, entry: 0n, error: 2 },
  { name: 'user read of a page that is not present', code: READ, entry: 0n, user: true, error: 4 },
  { name: 'user read of a supervisor page', code: READ, entry: 3n, user: true, error: 5 },
  { name: 'user write to a supervisor page', code: WRITE, entry: 3n, user: true, error: 7 },
  { name: 'user write to a read-only page', code: WRITE, entry: 5n, user: true, error: 7 },
  { name: 'supervisor write to a read-only page with WP', code: WRITE, entry: 5n, error: 3 },
  {
    name: 'supervisor write to a read-only page without WP',
    code: WRITE,
    entry: 5n,
    cr0: 0x8000_0011n,
    error: undefined,
  },
  { name: 'fetch from a page that must not be executed', code: EXECUTE, entry: 7n | NX, error: 0x11 },
  { name: 'fetch from a page that is not present', code: EXECUTE, entry: 0n, error: 0x10 },
  { name: 'reserved bit in an entry', code: READ, entry: 7n | (1n << 45n), error: 9 },
  { name: 'plain read', code: READ, entry: 7n, error: undefined },
];

describe.each([undefined, 1])('4-level paging, translation after %s runs', (hot) => {
  test.each(cases)('$name', ({ code, entry, user, cr0, error }) => {
    const { cpu } = hot === undefined ? bareProcessor() : bareProcessor({ hot });
    enterLong(cpu);
    if (cr0 !== undefined) cpu.setRegister('cr0', cr0);
    put(cpu, pageEntry(DATA), 8, entry === 0n ? 0n : entry | BigInt(DATA));
    load(cpu, DATA, 'f4');
    load(cpu, 0x1000, code);
    cpu.setRegister('rbx', BigInt(DATA));
    if (user) enterUser(cpu);
    cpu.run(1000);
    if (error === undefined) {
      expect(haltedIn(cpu)).toBeUndefined();
      return;
    }
    expect({ vector: haltedIn(cpu), cr2: cpu.getRegister('cr2') }).toEqual({ vector: 14, cr2: BigInt(DATA) });
    // The frame holds, upward from RSP: error code, RIP, CS, RFLAGS, RSP, SS.
    const frame = Number(cpu.getRegister('rsp'));
    expect(get(cpu, frame, 8)).toBe(BigInt(error));
    expect(get(cpu, frame + 8, 8)).toBe(code === EXECUTE ? BigInt(DATA) : 0x1000n);
    expect(frame).toBe(STACK_TOP - 48);
  });
});

test('a read sets A only, a write sets A and D, in the leaf; tables get A', () => {
  const { cpu } = bareProcessor();
  enterLong(cpu);
  load(cpu, 0x1000, '48 8b 03 90 48 89 03 f4');
  cpu.setRegister('rbx', BigInt(DATA));
  cpu.run(1);
  expect(get(cpu, pageEntry(DATA), 1)).toBe(0x27n);
  cpu.run(3);
  expect(get(cpu, pageEntry(DATA), 1)).toBe(0x67n);
  expect(get(cpu, 0x2_0000, 1)).toBe(0x27n);
});

test('an access across two pages faults on the second one, with nothing written to the first', () => {
  const { cpu } = bareProcessor();
  enterLong(cpu);
  put(cpu, pageEntry(DATA + 0x1000), 8, 0n);
  load(cpu, 0x1000, WRITE);
  cpu.setRegister('rbx', BigInt(DATA + 0xffc));
  cpu.setRegister('rax', 0x1122_3344_5566_7788n);
  cpu.run(1000);
  expect([haltedIn(cpu), cpu.getRegister('cr2')]).toEqual([14, BigInt(DATA + 0x1000)]);
  expect(get(cpu, DATA + 0xffc, 4)).toBe(0n);
});

test('a non-canonical address is #GP(0), on the stack #SS(0)', () => {
  for (const [code, vector] of [
    [READ, 13],
    ['50', 12],
  ] as const) {
    const { cpu } = bareProcessor();
    enterLong(cpu);
    load(cpu, 0x1000, code);
    cpu.setRegister('rbx', 0x8000_0000_0000n);
    if (vector === 12) {
      // The handler needs a good stack: IST 1.
      cpu.setRegister('rsp', 0x8000_0000_1000n);
      put(cpu, 0x4800 + 0x24, 8, BigInt(STACK_TOP));
      put(cpu, 0x3000 + 12 * 16, 8, get(cpu, 0x3000 + 12 * 16, 8) | (1n << 32n));
    }
    cpu.run(1000);
    expect(haltedIn(cpu)).toBe(vector);
    expect(get(cpu, Number(cpu.getRegister('rsp')), 8)).toBe(0n);
  }
});

test('32-bit paging with a 4 MiB page, and PAE with a 2 MiB page', () => {
  const directory = 0x2_0000;
  for (const pae of [false, true]) {
    const { cpu } = bareProcessor();
    enterProtected(cpu);
    if (pae) {
      put(cpu, directory, 8, BigInt(directory + 0x1000) | 1n);
      put(cpu, directory + 0x1000, 8, 0x83n); // 0-2 MiB one to one
      put(cpu, directory + 0x1008, 8, 0x83n); // 2-4 MiB -> 0-2 MiB
    } else {
      put(cpu, directory, 4, 0x83n);
      put(cpu, directory + 4, 4, 0x83n); // 4-8 MiB -> 0-4 MiB
    }
    cpu.setRegister('cr4', pae ? 0x20n : 0x10n);
    cpu.setRegister('cr3', BigInt(directory));
    cpu.setRegister('cr0', 0x8000_0011n);
    load(cpu, 0x1000, '8b 03 f4');
    put(cpu, DATA, 4, 0xcafe_f00dn);
    cpu.setRegister('rbx', BigInt(DATA + (pae ? 0x20_0000 : 0x40_0000)));
    cpu.run(10);
    expect(cpu.getRegister('rax')).toBe(0xcafe_f00dn);
  }
});

test('INVLPG makes a changed entry count; without it the old translation stays', () => {
  const { cpu } = bareProcessor();
  enterLong(cpu);
  put(cpu, DATA, 8, 1n);
  put(cpu, DATA + 0x1000, 8, 2n);
  // mov rax,[rbx]; mov [rcx],rdx; mov rsi,[rbx]; invlpg [rbx]; mov rdi,[rbx]; hlt
  load(cpu, 0x1000, '48 8b 03 48 89 11 48 8b 33 0f 01 3b 48 8b 3b f4');
  cpu.setRegister('rbx', BigInt(DATA));
  cpu.setRegister('rcx', BigInt(pageEntry(DATA)));
  cpu.setRegister('rdx', BigInt(DATA + 0x1000) | 7n);
  cpu.run(100);
  expect(['rax', 'rsi', 'rdi'].map((name) => cpu.getRegister(name))).toEqual([1n, 1n, 2n]);
});
