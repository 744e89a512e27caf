import { expect, it } from 'vitest';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { SILENT_IO } from '../../../src/analysis/run-plugin.js';
import cmdscan from '../../../src/analysis/windows/cmdscan.js';
import consoles from '../../../src/analysis/windows/consoles.js';
import filescan from '../../../src/analysis/windows/filescan.js';
import kpcrs from '../../../src/analysis/windows/kpcrs.js';
import modules from '../../../src/analysis/windows/modules.js';
import shimcachemem from '../../../src/analysis/windows/shimcachemem.js';
import virtmap from '../../../src/analysis/windows/virtmap.js';
import { findShimCache } from '../../../src/objects/windows/shim-cache/shim-cache.js';
import { shimCacheLayout } from '../../../src/objects/windows/shim-cache/shim-cache-layouts.js';
import { wordPatch } from '../kernel-patches.js';
import { patchedMemory } from '../patched-memory.js';
import { onReactOS } from './on-reactos.js';

onReactOS('the address space of the kernel', (opened) => {
  it('has the names of all files in paged pool, the kernel among the boot images, the processor in the HAL', async () => {
    const files = await opened().rows(filescan);
    const names = files.map(({ offset }) =>
      opened()
        .kernel.struct('_FILE_OBJECT', offset as bigint)
        .at('FileName'),
    );
    const buffers = names.map((name) => name.ptr('Buffer')!).filter((buffer) => buffer !== 0n);
    expect(buffers.length).toBeGreaterThan(50);
    const regions = await opened().rows(virtmap);
    const regionOf = (address: bigint) => regions.find(({ start, end }) => address >= start! && address < end!)?.region;
    expect(new Set(buffers.map(regionOf))).toEqual(new Set(['PagedPool']));
    const [kernel] = await opened().rows(modules);
    expect(regionOf(kernel!.base as bigint)).toBe('BootLoaded');
    expect((await opened().rows(kpcrs)).map(({ offset }) => regionOf(offset as bigint))).toEqual(['Hal']);
  });

  it('has its page tables mapped where the region says: the directory maps itself', async () => {
    const { kernel } = opened();
    const { start, mapped } = (await opened().rows(virtmap)).find(({ region }) => region === 'PageTables')!;
    expect(mapped).toBeUndefined();
    // The entry for an address is at start + 4 * page number; that for the region itself is the directory.
    const directory = BigInt(start!) + (BigInt(start!) >> 12n) * 4n;
    expect(kernel.space.translate(directory)).toMatchObject({ kind: 'mapped', physical: kernel.location.dtb });
  });
});

onReactOS('the compatibility cache', (opened) => {
  it('is there, and empty after a first boot: ReactOS fills it when programs ask', async () => {
    const said: string[] = [];
    const { kernel } = opened();
    const io = { ...SILENT_IO, note: (text: string) => said.push(text) };
    expect([...(shimcachemem.rows(kernel, {}, io) as Iterable<unknown>)]).toEqual([]);
    expect(said).toEqual([]);
  });

  it('lists an entry that is put into it as ReactOS lays entries out (ntoskrnl/ps/apphelp.c)', async () => {
    const { kernel, image } = opened();
    const layout = shimCacheLayout(4, 3790)!;
    const head = findShimCache(kernel, layout)!;
    // A name that is in memory already: that of the kernel's loader record. Its list lies in the free words behind the head.
    const [first] = await opened().rows(modules);
    const name = kernel.struct('_LDR_DATA_TABLE_ENTRY', first!.offset as bigint).at('FullDllName');
    const entry = head + 0x40n;
    const words: readonly (readonly [bigint, bigint])[] = [
      [head, entry],
      [head + 4n, entry],
      [entry, head],
      [entry + 4n, head],
      [entry + 8n, BigInt(name.num('Length')!) | (BigInt(name.num('MaximumLength')!) << 16n)],
      [entry + 12n, name.ptr('Buffer')!],
      [entry + 16n, 0xd53e_8000n],
      [entry + 20n, 0x019d_b1den],
      [entry + 24n, 4096n],
    ];
    const patched = patchedMemory(
      image.memory,
      words.map(([at, value]) => wordPatch(kernel, at, value)),
    );
    const copy = kernel.over(patched);
    const rows = [...((shimcachemem as unknown as Plugin).rows(copy as never, {}, SILENT_IO) as Iterable<object>)];
    expect(rows).toEqual([
      {
        order: 0,
        // 1970-01-01, in steps since 1601.
        modified: 0n,
        updated: undefined,
        executed: undefined,
        size: 4096,
        path: first!.path,
        offset: entry,
      },
    ]);
  });
});

onReactOS('consoles', (opened) => {
  it('are said to be unknown: ReactOS keeps them in csrss.exe in its own way', () => {
    for (const plugin of [consoles, cmdscan]) {
      const said: string[] = [];
      const io = { ...SILENT_IO, note: (text: string) => said.push(text) };
      expect([...((plugin as unknown as Plugin).rows(opened().kernel as never, {}, io) as Iterable<object>)]).toEqual(
        [],
      );
      expect(said).toEqual([expect.stringContaining('is not known')]);
    }
  });
});
