/** Plugins on synthetic guests in which each finds something: whole results, from what was written into the guest. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { runPlugin, SILENT_IO } from '../../../src/analysis/run-plugin.js';
import cmdscan from '../../../src/analysis/windows/cmdscan.js';
import consoles from '../../../src/analysis/windows/consoles.js';
import shimcachemem from '../../../src/analysis/windows/shimcachemem.js';
import virtmap from '../../../src/analysis/windows/virtmap.js';
import type { Row } from '../../../src/core/columns.js';
import { BufferMemory } from '../../synthetic/buffer-memory.js';
import { type CompleteNt, completeNt } from '../../synthetic/windows/complete-nt.js';
import { CONSOLE } from '../../synthetic/windows/nt-console.js';
import { SHIM_CACHE } from '../../synthetic/windows/nt-shim-cache.js';
import { NT_BUILDS } from '../../synthetic/windows/synthesize-nt.js';
import { wholeRows } from '../test-kernels.js';

const unixNs = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;

describe.each(NT_BUILDS)('a complete guest of Windows %s', (version) => {
  let nt: CompleteNt;
  let image: Image;
  beforeAll(() => {
    nt = completeNt(version);
    image = new Image(version, new BufferMemory(nt.bytes), { cache: false });
  });
  afterAll(() => image.close());
  const rows = (plugin: unknown, options = {}) => wholeRows<Row>(image, plugin, options);
  const notes = async (plugin: unknown) => {
    const said: string[] = [];
    const io = { ...SILENT_IO, note: (text: string) => said.push(text) };
    for await (const { row } of runPlugin(plugin as Plugin, image, {}, io)) said.push(String(row));
    return said;
  };

  it('remembers the programs that were started', async () => {
    expect(await rows(shimcachemem)).toEqual(
      SHIM_CACHE.map(({ path, modified, executed }, order) => ({
        order,
        path,
        executed,
        modified: unixNs(modified),
        updated: undefined,
        size: undefined,
        offset: nt.written.shimCache[order],
      })),
    );
  });

  it('says what its address space is used for, where the build keeps it or had it laid out once for all', async () => {
    const found = await rows(virtmap);
    if (version.startsWith('6.3')) {
      expect(found).toEqual([]);
      expect(await notes(virtmap)).toEqual([expect.stringContaining('symbol')]);
      return;
    }
    if (version.startsWith('6.1')) {
      // Windows Internals: page tables, the loader's mappings, the non-paged pool.
      const mapped = new Map(found.map(({ region, start, told }) => [region, { start, told }]));
      const told = 'by its version';
      expect(mapped.get('PageTables')).toEqual({ start: 0xffff_f680_0000_0000n, told });
      expect(mapped.get('BootLoaded')).toEqual({ start: 0xffff_f800_0000_0000n, told });
      expect(mapped.get('PfnDatabaseAndNonPagedPool')).toEqual({ start: 0xffff_fa80_0000_0000n, told });
      return;
    }
    expect(found).toEqual(
      nt.written.regions.map(({ name, start, size }) => ({
        region: name,
        start,
        end: start + size,
        size: Number(size),
        mapped: name === 'PageTables' ? undefined : mappedBytes(start, start + size),
        told: 'by the kernel',
      })),
    );
  });
  const mappedBytes = (start: bigint, end: bigint) =>
    [...nt.guest.memory.kernel.frames.keys()].filter((page) => page << 12n >= start && page << 12n < end).length * 4096;

  it('shows its console, and commands that were taken off it', async () => {
    if (!nt.written.hasConsole) {
      for (const plugin of [consoles, cmdscan]) expect(await notes(plugin)).toEqual([expect.stringContaining('1809')]);
      return;
    }
    const [history] = CONSOLE.histories;
    const commands = history!.commands.map((text, number) => ['command', 'cmd.exe', number, text]);
    const hasAliases = ['20348', '22000'].some((build) => version.includes(build));
    expect((await rows(consoles)).map(({ what, program, number, text }) => [what, program, number, text])).toEqual([
      ['title', undefined, undefined, CONSOLE.title],
      ['original title', undefined, undefined, CONSOLE.originalTitle],
      ...CONSOLE.clients.map(({ pid }) => ['process', undefined, pid, undefined]),
      ...commands,
      ...(hasAliases ? [['alias', 'cmd.exe', undefined, 'ls=dir /b $*']] : []),
      ...CONSOLE.screen.map((line, number) => ['screen', undefined, number, line]),
    ]);
    const facts = ['pid', 'application', 'applicationPid', 'index', 'command', 'stale', 'maximum'];
    expect((await rows(cmdscan)).map((row) => facts.map((name) => row[name]))).toEqual(
      CONSOLE.histories.flatMap(({ application, client, commands: typed, stale }): unknown[][] => {
        const owner = [CONSOLE.pid, application, client];
        const all = [...typed, ...stale];
        if (all.length === 0) return [[...owner, undefined, undefined, undefined, 50]];
        return all.map((text, index) => [...owner, index, text, index >= typed.length, 50]);
      }),
    );
  });
});
