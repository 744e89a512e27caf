import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import devicetree from '../../../src/analysis/windows/devicetree.js';
import driverirp from '../../../src/analysis/windows/driverirp.js';
import drivermodule from '../../../src/analysis/windows/drivermodule.js';
import driverscan from '../../../src/analysis/windows/driverscan.js';
import kpcrs from '../../../src/analysis/windows/kpcrs.js';
import modscan from '../../../src/analysis/windows/modscan.js';
import modules from '../../../src/analysis/windows/modules.js';
import orphans from '../../../src/analysis/windows/orphan-kernel-threads.js';
import poolscanner from '../../../src/analysis/windows/poolscanner.js';
import threads from '../../../src/analysis/windows/threads.js';
import timers from '../../../src/analysis/windows/timers.js';
import { objectTypes } from '../../../src/objects/windows/object-directory.js';
import { processes, threadsOf } from '../../../src/objects/windows/processes.js';
import { onReactOS, REACTOS } from './on-reactos.js';

/** Types of which nothing is ever freed in this guest: what the type counts is what there is. */
const LASTING = ['Directory', 'Type', 'SymbolicLink', 'Process', 'Driver', 'Token', 'Desktop', 'WindowStation', 'Port'];

onReactOS('drivers and devices', (opened) => {
  it('are as many of each type as the object manager counts', async () => {
    const { kernel, rows } = opened();
    const found = await rows(poolscanner);
    const counts = new Map<string, number>();
    for (const { type } of found) counts.set(type as string, (counts.get(type as string) ?? 0) + 1);
    for (const [name, address] of objectTypes(kernel)) {
      const counted = kernel.struct('_OBJECT_TYPE', address).num('TotalNumberOfObjects') ?? 0;
      if (LASTING.includes(name)) expect(`${name} ${counts.get(name)}`).toBe(`${name} ${counted}`);
      // Freed blocks keep their headers until they are used again; one device is made without a pool block.
      else expect(counts.get(name) ?? 0, name).toBeGreaterThanOrEqual(counted - 1);
    }
  });

  it('answer requests with routines of their own or of the kernel', async () => {
    const { rows } = opened();
    const requests = await rows(driverirp);
    expect(requests).toHaveLength((await rows(driverscan)).length * 28);
    expect(requests.filter(({ suspicious }) => suspicious)).toEqual([]);
    const ofNpfs = requests.filter(({ driver }) => driver === '\\FileSystem\\NPFS');
    expect(ofNpfs.find(({ request }) => request === 'CREATE_NAMED_PIPE')?.module).toBe('npfs.sys');
    expect(ofNpfs.find(({ request }) => request === 'PNP')?.module).toBe('ntoskrnl.exe');
  });

  it('have images that are on the list of modules', async () => {
    const drivers = await opened().rows(drivermodule);
    expect(drivers.filter(({ suspicious }) => suspicious)).toEqual([]);
    expect(drivers.find(({ name }) => name === '\\Driver\\TCPIP')?.module).toBe('tcpip.sys');
  });

  it('form stacks: each device is the device of the driver that it names, attached to what it says', async () => {
    const { kernel, rows } = opened();
    const tree = await rows(devicetree);
    const devices = new Map(tree.filter(({ depth }) => depth === 1).map((row) => [row.offset, row.driver]));
    // All that are in pool blocks are reached from their drivers.
    const scanned = (await rows(poolscanner)).filter(({ type }) => type === 'Device').map(({ offset }) => offset);
    expect(scanned.filter((offset) => !devices.has(offset))).toEqual([]);
    const stacked = tree.filter(({ depth }) => Number(depth) > 1);
    expect(stacked.length).toBeGreaterThan(10);
    for (const { offset, driver } of stacked) expect(devices.get(offset), `${offset}`).toBe(driver);
    let below: bigint | undefined;
    for (const { depth, offset } of tree) {
      if (Number(depth) > 1) {
        const device = kernel.struct('_DEVICE_OBJECT', below as bigint);
        expect(device.ptr('AttachedDevice')).toBe(offset);
      }
      below = offset as bigint;
    }
  });

  it('have records of their images in the pool, as on the list', async () => {
    const { rows } = opened();
    const scanned = await rows(modscan);
    expect(scanned.map(({ offset, found }) => [offset, found])).toEqual(
      (await rows(modules)).map(({ offset }) => [offset, ['list', 'pool']]),
    );
  });

  it('run threads of the kernel that all began in a module', async () => {
    const { rows } = opened();
    expect(await rows(orphans)).toEqual([]);
    const all = await rows(orphans, { all: true });
    const listed = (await rows(threads, { pid: [4] })).map(({ tid }) => tid);
    expect(all.map(({ tid }) => tid).sort()).toEqual(listed.sort());
  });

  it('were interrupted by the processor whose registers QEMU printed', async () => {
    const registers = await readFile(await REACTOS!.file('registers.txt'), 'utf8');
    const base = (name: string) =>
      BigInt(`0x${new RegExp(`^${name}\\s*=\\s+([0-9a-f]{8})`, 'm').exec(registers)?.[1]}`);
    const segment = BigInt(`0x${/^FS =[0-9a-f]{4} ([0-9a-f]{8})/m.exec(registers)?.[1]}`);
    const [processor, ...others] = await opened().rows(kpcrs);
    expect(others).toEqual([]);
    // Halted: the idle thread.
    const expected = { number: 0, offset: segment, idt: base('IDT'), gdt: base('GDT'), idle: true, pid: 0 };
    expect(processor).toMatchObject(expected);
  });

  it('wait for timers, those of all waiting threads among them', async () => {
    const { kernel, rows } = opened();
    const running = new Set((await rows(timers)).map(({ offset }) => offset));
    let waiting = 0;
    for (const process of processes(kernel)) {
      for (const thread of threadsOf(kernel, process)) {
        const timer = thread.at('Tcb.Timer');
        if (timer.num('Header.Inserted') !== 1) continue;
        expect(running.has(timer.address), `${thread.num('Cid.UniqueThread')}`).toBe(true);
        waiting++;
      }
    }
    expect(waiting).toBe(22);
    expect((await rows(timers)).filter(({ suspicious }) => suspicious)).toEqual([]);
  });
});
