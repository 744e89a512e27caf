import { expect, it } from 'vitest';
import checkAfinfo from '../../../src/analysis/linux/check-afinfo.js';
import checkIdt from '../../../src/analysis/linux/check-idt.js';
import checkSyscall from '../../../src/analysis/linux/check-syscall.js';
import keyboardNotifiers from '../../../src/analysis/linux/keyboard-notifiers.js';
import kprobes from '../../../src/analysis/linux/kprobes.js';
import netfilter from '../../../src/analysis/linux/netfilter.js';
import ttyCheck from '../../../src/analysis/linux/tty-check.js';
import { onEveryImage } from '../on-every-image.js';

/** __NR_syscalls of the kernels that images exist of (asm/unistd_64.h and unistd_32.h of their headers packages). */
const SYSCALLS: readonly (readonly [release: RegExp, arch: string, count: number])[] = [
  [/^6\.1\./, 'amd64', 451],
  [/^6\.12\./, 'amd64', 463],
  [/^6\.1\./, 'i386', 451],
];

onEveryImage('hook checks', (opened) => {
  it('lists every system call with a handler of its own name, none hooked', async () => {
    const { profile, location } = opened().kernel;
    const { architecture } = location;
    const expected = SYSCALLS.find(([release, arch]) => release.test(profile.release) && arch === architecture);
    const native = architecture === 'amd64' ? '64-bit' : '32-bit';
    const rows = (await opened().rows(checkSyscall)).filter(({ table }) => table === native);
    expect(rows.length).toBe(expected?.[2]);
    expect(rows.filter(({ suspicious, name }) => suspicious === true || name === undefined)).toEqual([]);
    // The order of asm/unistd_64.h and asm/unistd_32.h.
    const first =
      architecture === 'amd64' ? ['read', 'write', 'open', 'close'] : ['restart_syscall', 'exit', 'fork', 'read'];
    expect(rows.slice(0, 4).map(({ name }) => name)).toEqual(first);
  });

  it('finds the exception handlers behind their vectors, none hooked', async () => {
    const rows = await opened().rows(checkIdt);
    const handler = (vector: number) => rows.find((row) => row.vector === vector)?.symbol;
    expect([0, 3, 6, 13, 14].map(handler)).toEqual([
      'asm_exc_divide_error',
      'asm_exc_int3',
      'asm_exc_invalid_op',
      'asm_exc_general_protection',
      'asm_exc_page_fault',
    ]);
    expect(rows.filter(({ suspicious }) => suspicious)).toEqual([]);
  });

  it('finds nothing else hooked in a clean guest', async () => {
    const rows = [
      ...(await opened().rows(checkAfinfo)),
      ...(await opened().rows(netfilter)),
      ...(await opened().rows(ttyCheck)),
    ];
    expect(rows.filter(({ suspicious }) => suspicious)).toEqual([]);
    expect(await opened().rows(kprobes)).toEqual([]);
    expect(await opened().rows(keyboardNotifiers)).toEqual([]);
  });

  it('sees the terminals that processes have open', async () => {
    const names = (await opened().rows(ttyCheck)).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['ttyS0', 'pts0']));
  });
});
