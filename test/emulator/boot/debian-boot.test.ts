/**
 * Debian's own amd64 kernel, unmodified: it boots to a shell script of ours and powers off, and the digest of the whole
 * machine is the same in another run, without the translator, and behind a save and a restore.
 */
import { describe, expect, test } from 'vitest';
import { Machine } from '../../../src/emulator/machine/machine.js';
import { debianKernel } from '../../support/debian-kernel.js';
import { type Booted, bootDebian, RAM } from './boot-debian.js';

/** Instructions at which machines are compared; the interpreter, which is slow, goes to the first only. */
const EARLY = 20_000_000;
const MIDDLE = 120_000_000;
const LATE = 200_000_000;

const kernel = debianKernel('amd64');

describe.skipIf(kernel === undefined)('Debian amd64', () => {
  /** Digests of a run that goes to the end. */
  const digests = new Map<number, string>();

  const boot = (jit: boolean): Booted => bootDebian(kernel!, { jit });

  function runTo(machine: Machine, icount: number): string {
    expect(machine.run({ icount })).toEqual({ kind: 'reached', condition: 'icount' });
    expect(machine.icount).toBe(icount);
    return machine.stateHash();
  }

  test('boots, runs /init and powers off', { timeout: 600_000 }, () => {
    const { machine, console } = boot(true);
    for (const icount of [EARLY, MIDDLE, LATE]) digests.set(icount, runTo(machine, icount));
    expect(machine.run({ time: 120e9 })).toEqual({ kind: 'power-off' });
    expect(console()).toMatch(/^=INIT= Linux version 6\.1\.0-/m);
    expect(console()).toMatch(/reboot: Power down/);
    expect(console()).not.toMatch(/Oops|BUG:|WARNING:|Kernel panic/);
    expect(new Set(digests.values()).size).toBe(3);
  });

  test('is in the same state in the interpreter alone', { timeout: 600_000 }, () => {
    expect(runTo(boot(false).machine, EARLY)).toBe(digests.get(EARLY));
  });

  test('is in the same state in another run, and behind a save and a restore', { timeout: 600_000 }, () => {
    const { machine } = boot(true);
    expect(runTo(machine, MIDDLE)).toBe(digests.get(MIDDLE));
    const restored = new Machine({ ramBytes: RAM });
    restored.writeRam(0, machine.processor.ram);
    restored.restoreState(machine.saveState());
    expect(restored.stateHash()).toBe(digests.get(MIDDLE));
    expect(runTo(restored, LATE)).toBe(digests.get(LATE));
  });
});
