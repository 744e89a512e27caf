/**
 * Debian's i386 kernel, unmodified, by the Linux boot protocol: it unpacks itself, boots to a shell script of ours and powers
 * off. The digest of the whole machine is the same without the translator.
 */
import { describe, expect, test } from 'vitest';
import { debianKernel } from '../../support/debian-kernel.js';
import { bootDebian } from './boot-debian.js';

/** Where the interpreter is compared: in the kernel's own decompressor. */
const EARLY = 10_000_000;

const kernel = debianKernel('686');

describe.skipIf(kernel === undefined)('Debian i386', () => {
  test('boots, runs /init and powers off', { timeout: 600_000 }, () => {
    if (kernel === undefined) return;
    const interpreted = bootDebian(kernel, { jit: false }).machine;
    expect(interpreted.run({ icount: EARLY })).toEqual({ kind: 'reached', condition: 'icount' });
    const { machine, console } = bootDebian(kernel, { jit: true });
    expect(machine.run({ icount: EARLY })).toEqual({ kind: 'reached', condition: 'icount' });
    expect(interpreted.stateHash()).toBe(machine.stateHash());
    expect(machine.run({ time: 120e9 })).toEqual({ kind: 'power-off' });
    expect(console()).toMatch(/^=INIT= Linux version 6\.1\.0-\d+-686 /m);
    expect(console()).toMatch(/reboot: Power down/);
    expect(console()).not.toMatch(/Oops|BUG:|WARNING:|Kernel panic/);
  });
});
