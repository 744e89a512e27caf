import { expect, it } from 'vitest';
import iomem from '../../../src/analysis/linux/iomem.js';
import ioports from '../../../src/analysis/linux/ioports.js';
import kallsyms from '../../../src/analysis/linux/kallsyms.js';
import kmsg from '../../../src/analysis/linux/kmsg.js';
import { onEveryImage } from '../on-every-image.js';

onEveryImage('kmsg', (opened) => {
  it('equals dmesg, the newest record included', async () => {
    const rows = await opened().rows(kmsg);
    const { dmesg } = opened().truth;
    // dmesg prints the lines of a record one by one.
    const found = rows.flatMap(({ uptime, text }) =>
      (text ?? '').split('\n').map((line) => ({ microseconds: Number((uptime ?? 0n) / 1000n), text: line })),
    );
    expect(found.slice(0, dmesg.length)).toEqual(dmesg);
    // A guest that gets too little processor time says so about its clock, also after it printed its log.
    for (const { microseconds, text } of found.slice(dmesg.length)) {
      expect(microseconds).toBeGreaterThan(dmesg.at(-1)!.microseconds);
      expect(text).toMatch(/^(clocksource|hrtimer): /);
    }
  });
});

onEveryImage('iomem and ioports', (opened) => {
  it.each([
    ['iomem', iomem],
    ['ioports', ioports],
  ] as const)('%s equals the file in /proc', async (name, plugin) => {
    const rows = await opened().rows(plugin);
    const truth = opened().truth[name];
    expect(rows.map(({ start, end, name, depth }) => ({ start, end, name, depth }))).toEqual(truth);
  });
});

onEveryImage('kallsyms', (opened) => {
  it('equals /proc/kallsyms', async () => {
    const rows = await opened().rows(kallsyms);
    const line = (address: bigint, kind: string, name: string, module: string | undefined) =>
      `${address.toString(16)} ${kind} ${name} ${module ?? ''}`;
    const found = rows.map((row) => line(row.address as bigint, row.kind ?? '', row.name ?? '', row.module));
    const truth = opened().truth.kallsyms.map((row) => line(row.address, row.type, row.name, row.module));
    const [ours, theirs] = [new Set(found), new Set(truth)];
    expect(truth.length).toBeGreaterThan(30_000);
    expect(truth.filter((each) => !ours.has(each)).slice(0, 20)).toEqual([]);
    expect(found.filter((each) => !theirs.has(each)).slice(0, 20)).toEqual([]);
  });
});
