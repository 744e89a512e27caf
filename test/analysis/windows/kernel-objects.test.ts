import { expect, it } from 'vitest';
import driverscan from '../../../src/analysis/windows/driverscan.js';
import filescan from '../../../src/analysis/windows/filescan.js';
import handles from '../../../src/analysis/windows/handles.js';
import hivelist from '../../../src/analysis/windows/hivelist.js';
import modules from '../../../src/analysis/windows/modules.js';
import mutantscan from '../../../src/analysis/windows/mutantscan.js';
import ssdt from '../../../src/analysis/windows/ssdt.js';
import symlinkscan from '../../../src/analysis/windows/symlinkscan.js';
import { u32 } from '../../../src/core/bytes.js';
import { readBytes } from '../../../src/objects/struct-view.js';
import { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import { directoryEntries, rootDirectory } from '../../../src/objects/windows/object-directory.js';
import { processes, threadsOf } from '../../../src/objects/windows/processes.js';
import { systemCalls } from '../../../src/objects/windows/system-calls.js';
import { wordPatch } from '../kernel-patches.js';
import { patchedMemory } from '../patched-memory.js';
import { onReactOS } from './on-reactos.js';

/** Every object of one type in the tree of folders. */
function named(kernel: WindowsKernel, type: string, folder: bigint, depth = 0): bigint[] {
  if (depth > 8) return [];
  return [...directoryEntries(kernel, folder)].flatMap((entry) => {
    if (entry.type === 'Directory') return named(kernel, type, entry.body, depth + 1);
    return entry.type === type ? [entry.body] : [];
  });
}

onReactOS('objects of the kernel', (opened) => {
  it('lists modules whose headers in memory say the same', async () => {
    const { kernel, rows } = opened();
    const found = await rows(modules);
    expect(found[0]).toMatchObject({ name: 'ntoskrnl.exe', base: 0x8080_0000n });
    for (const { name, base, size, entryPoint } of found) {
      const at = BigInt(base ?? 0);
      const head = readBytes(kernel, at, 0x200)?.slice();
      expect(head?.subarray(0, 2), `${name}`).toEqual(Uint8Array.of(0x4d, 0x5a));
      const pe = u32(head as Uint8Array, 0x3c);
      // Optional header: AddressOfEntryPoint at 16, SizeOfImage at 56.
      const entry = u32(head as Uint8Array, pe + 24 + 16);
      expect({ name, size, entryPoint }).toEqual({
        name,
        size: u32(head as Uint8Array, pe + 24 + 56),
        entryPoint: entry === 0 ? entryPoint : at + BigInt(entry),
      });
    }
  });

  it('finds drivers whose images are on the list of modules', async () => {
    const { rows } = opened();
    const known = new Map((await rows(modules)).map(({ base, size }) => [base, size]));
    const drivers = await rows(driverscan);
    expect(drivers.length).toBeGreaterThan(30);
    for (const { name, base, size } of drivers) {
      // Drivers that are parts of the kernel or of the HAL have no image of their own.
      if (base === 0n) continue;
      expect(known.has(base), `${name}`).toBe(true);
      expect(size, `${name}`).toBe(known.get(base));
    }
    expect(drivers.map(({ name }) => name)).toEqual(expect.arrayContaining(['\\Driver\\AFD', '\\FileSystem\\NPFS']));
  });

  it.each([
    ['File', filescan],
    ['Mutant', mutantscan],
  ] as const)('finds every %s that a handle leads to', async (type, plugin) => {
    const { rows } = opened();
    const scanned = new Set((await rows(plugin)).map(({ offset }) => offset));
    const held = (await rows(handles)).filter((row) => row.type === type);
    expect(held.length).toBeGreaterThan(4);
    expect(held.filter(({ offset }) => !scanned.has(offset))).toEqual([]);
  });

  it('finds the symbolic links in the tree of names, and no others', async () => {
    const { kernel, rows } = opened();
    const inTree = named(kernel, 'SymbolicLink', rootDirectory(kernel) as bigint);
    const scanned = await rows(symlinkscan);
    expect(scanned.map(({ offset }) => offset).sort()).toEqual(inTree.sort());
    expect(scanned).toContainEqual(
      expect.objectContaining({ name: '\\GLOBAL??\\C:', target: '\\Device\\Harddisk0\\Partition1' }),
    );
  });

  it('has a name or an owner for every handle', async () => {
    const rows = await opened().rows(handles);
    expect(rows.filter(({ type }) => type === undefined)).toEqual([]);
    for (const { type, name } of rows) {
      if (type === 'Key') expect(name).toMatch(/^\\REGISTRY/);
      if (type === 'Process') expect(name).toMatch(/\(\d+\)$/);
      if (type === 'File') expect(name).toMatch(/^\\Device\\/);
    }
  });

  it('has system calls that are all in the kernel, as many as it says', async () => {
    const { kernel, rows } = opened();
    const calls = (await rows(ssdt)).filter(({ table }) => table === 0);
    const limit = readBytes(kernel, kernel.requireAddress('KiServiceLimit'), 4);
    expect(calls).toHaveLength(u32(limit as Uint8Array, 0));
    expect(new Set(calls.map(({ module }) => module))).toEqual(new Set(['ntoskrnl.exe']));
    const exported = calls.filter(({ symbol }) => symbol !== undefined);
    expect(exported.map(({ symbol }) => symbol)).toEqual(expect.arrayContaining(['NtClose', 'NtCreateFile']));
    for (const { symbol } of exported) expect(symbol).toMatch(/^(Nt|Zw)/);
  });

  it("has win32k's system calls, which threads with windows have, also when no thread leads to them", async () => {
    const { kernel, image, rows } = opened();
    const calls = (await rows(ssdt)).filter(({ table }) => table === 1);
    expect(new Set(calls.map(({ module }) => module))).toEqual(new Set(['win32k.sys']));
    // As many as the lengths of their arguments, which stand in a table of their own: all of whole words.
    const all = [...processes(kernel)].flatMap((process) => [...threadsOf(kernel, process)]);
    const plain = kernel.requireAddress('KeServiceDescriptorTable');
    const graphical = all.filter((thread) => thread.ptr('Tcb.Win32Thread') !== 0n);
    const shadow = new Set(graphical.map((thread) => thread.ptr('Tcb.ServiceTable')));
    expect(shadow.size).toBe(1);
    expect(shadow.has(plain)).toBe(false);
    for (const thread of all.filter((each) => !graphical.includes(each)))
      expect(thread.ptr('Tcb.ServiceTable')).toBe(plain);
    const second = kernel.struct('_KSERVICE_TABLE_DESCRIPTOR', [...shadow][0] as bigint).sibling(1);
    expect(calls).toHaveLength(second.num('Limit') as number);
    const lengths = readBytes(kernel, second.ptr('Number') as bigint, calls.length) as Uint8Array;
    expect(lengths.every((length) => length % 4 === 0 && length <= 64)).toBe(true);

    const patches = graphical.map((thread) => wordPatch(kernel, thread.addressOf('Tcb.ServiceTable'), plain));
    const { location, profile, systemProcess } = kernel;
    const loaded = { location, profile, systemProcess: systemProcess.address };
    const without = new WindowsKernel(patchedMemory(image.memory, patches), loaded);
    expect([...systemCalls(without)].filter(({ table }) => table === 1).map(({ routine }) => routine)).toEqual(
      calls.map(({ address }) => address),
    );
  });

  it('lists the hives that System holds open files of', async () => {
    const { rows } = opened();
    const files = (await rows(handles, { pid: [4] })).filter(({ type }) => type === 'File');
    const onDisk = (await rows(hivelist)).flatMap(({ path }) => (path === undefined ? [] : [path]));
    expect(onDisk.length).toBeGreaterThanOrEqual(6);
    for (const path of onDisk) {
      const tail = path.slice(path.indexOf('\\', 5)).toLowerCase();
      expect(
        files.some(({ name }) => name?.toLowerCase().endsWith(tail)),
        path,
      ).toBe(true);
    }
  });
});
