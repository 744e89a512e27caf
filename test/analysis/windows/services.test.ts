import { expect, it } from 'vitest';
import driverscan from '../../../src/analysis/windows/driverscan.js';
import getservicesids from '../../../src/analysis/windows/getservicesids.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import svcdiff from '../../../src/analysis/windows/svcdiff.js';
import svcscan from '../../../src/analysis/windows/svcscan.js';
import { registeredServices } from '../../../src/objects/windows/services/registered-services.js';
import { onReactOS } from './on-reactos.js';

onReactOS('services', (opened) => {
  it('are those of the registry, but for one that only finds file systems', async () => {
    const { kernel, rows } = opened();
    const known = (await rows(svcscan)).map(({ name }) => name?.toLowerCase());
    const registered = [...registeredServices(kernel)].map(({ name }) => name.toLowerCase());
    expect(new Set(known).size).toBe(known.length);
    // Type SERVICE_RECOGNIZER_DRIVER, which ReactOS's controller passes over.
    expect([...known, 'fs_rec'].sort()).toEqual(registered.sort());
    expect(await rows(svcdiff)).toEqual([
      expect.objectContaining({ name: 'Fs_Rec', controller: false, registry: true, type: 'RECOGNIZER_DRIVER' }),
    ]);
    const withSid = new Set((await rows(getservicesids)).map(({ service }) => service?.toLowerCase()));
    expect(registered.filter((name) => !withSid.has(name))).toEqual([]);
  });

  it('run in the processes that the guest listed, started with the command line of the registry', async () => {
    const { rows } = opened();
    const names = new Map((await rows(pslist)).map(({ pid, name }) => [pid, name]));
    const running = (await rows(svcscan)).filter(({ state, pid }) => state === 'RUNNING' && pid !== undefined);
    expect(running.length).toBeGreaterThan(12);
    for (const { name, pid, binary, registered } of running) {
      const program = /([^\\]+\.exe)/i.exec(registered ?? '')?.[1]?.toLowerCase();
      expect(names.get(pid)?.toLowerCase(), name).toBe(program);
      expect(binary?.toLowerCase(), name).toContain(program);
    }
    // Every program that services.exe started is a service.
    const started = (await rows(pslist)).filter(({ ppid }) => ppid === 172).map(({ pid }) => pid);
    const serving = new Set(running.map(({ pid }) => pid));
    expect(started.filter((pid) => !serving.has(pid))).toEqual([]);
  });

  it('that are drivers and run have a driver object', async () => {
    const { rows } = opened();
    const drivers = new Set((await rows(driverscan)).map(({ name }) => name?.split('\\').at(-1)?.toLowerCase()));
    const running = (await rows(svcscan)).filter(({ state, type }) => state === 'RUNNING' && /DRIVER/.test(type ?? ''));
    expect(running.length).toBeGreaterThan(20);
    const missing = running.filter(({ name }) => !drivers.has(name?.toLowerCase())).map(({ name }) => name);
    expect(missing).toEqual([]);
  });
});
