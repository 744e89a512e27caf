import { expect, it } from 'vitest';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { SILENT_IO } from '../../../src/analysis/run-plugin.js';
import driverirp from '../../../src/analysis/windows/driverirp.js';
import drivermodule from '../../../src/analysis/windows/drivermodule.js';
import modscan from '../../../src/analysis/windows/modscan.js';
import psscan from '../../../src/analysis/windows/psscan.js';
import psxview from '../../../src/analysis/windows/psxview.js';
import type { StructView } from '../../../src/objects/struct-view.js';
import { driverObjects } from '../../../src/objects/windows/driver-objects.js';
import type { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import { kernelModules, moduleFacts } from '../../../src/objects/windows/loaded-modules.js';
import { processes } from '../../../src/objects/windows/processes.js';
import { wordPatch } from '../kernel-patches.js';
import { type Patch, patchedMemory } from '../patched-memory.js';
import { onReactOS } from './on-reactos.js';

onReactOS('what an intruder has hidden', (opened) => {
  const patched = (patches: readonly Patch[]) => {
    const { kernel, image } = opened();
    return kernel.over(patchedMemory(image.memory, patches));
  };
  const run = (plugin: unknown, kernel: WindowsKernel) => [
    ...((plugin as Plugin).rows(kernel as never, {}, SILENT_IO) as Iterable<Record<string, unknown>>),
  ];
  /** Off a LIST_ENTRY list, its own links left as they are. */
  const unlinked = (entry: StructView, member: string) => {
    const { kernel } = opened();
    const [next, previous] = [entry.ptr(`${member}.Flink`)!, entry.ptr(`${member}.Blink`)!];
    return [wordPatch(kernel, previous, next), wordPatch(kernel, next + 4n, previous)];
  };

  it('shows as a process that is everywhere but on the list', () => {
    const { kernel } = opened();
    const notepad = [...processes(kernel)].find((each) => each.text('ImageFileName') === 'notepad.exe')!;
    const hidden = patched(unlinked(notepad, 'ActiveProcessLinks'));
    expect(run(psscan, hidden).filter(({ found }) => !(found as string[]).includes('list'))).toEqual([
      expect.objectContaining({ pid: 1052, name: 'notepad.exe', found: ['pool'] }),
    ]);
    expect(run(psxview, hidden).filter(({ suspicious }) => suspicious)).toEqual([
      expect.objectContaining({ pid: 1052, list: false, pool: true, threads: true, ids: true, csrss: true }),
    ]);
  });

  it('shows as a driver without a module', () => {
    const { kernel } = opened();
    const module = [...kernelModules(kernel)].find((each) => moduleFacts(each).name === 'beep.sys')!;
    const hidden = patched(unlinked(module, 'InLoadOrderLinks'));
    expect(run(modscan, hidden).filter(({ found }) => (found as string[]).join() === 'pool')).toEqual([
      expect.objectContaining({ name: 'beep.sys', offset: module.address }),
    ]);
    expect(run(drivermodule, hidden).filter(({ suspicious }) => suspicious)).toEqual([
      expect.objectContaining({ name: '\\Driver\\BEEP', base: moduleFacts(module).base }),
    ]);
  });

  it('shows as a request that is answered by nobody known', () => {
    const { kernel } = opened();
    const npfs = [...driverObjects(kernel)].find(({ name }) => name === '\\FileSystem\\NPFS')!;
    const slot = npfs.view.addressOf('MajorFunction') + 3n * 4n;
    const hooked = patched([wordPatch(kernel, slot, 0x8123_4567n)]);
    expect(run(driverirp, hooked).filter(({ suspicious }) => suspicious)).toEqual([
      expect.objectContaining({
        driver: '\\FileSystem\\NPFS',
        request: 'READ',
        address: 0x8123_4567n,
        module: undefined,
      }),
    ]);
  });
});
