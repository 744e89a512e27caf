import { describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import handles from '../../../src/analysis/windows/handles.js';
import modules from '../../../src/analysis/windows/modules.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import threads from '../../../src/analysis/windows/threads.js';
import { PagedAddressSpace } from '../../../src/memory/paged-address-space.js';
import { PAGING_MODES } from '../../../src/memory/paging-modes.js';
import { findDebuggerData } from '../../../src/profiles/windows/debugger-data.js';
import { findWindowsKernel } from '../../../src/profiles/windows/find-windows-kernel.js';
import { wholeRows } from '../../analysis/test-kernels.js';
import { BufferMemory } from '../../synthetic/buffer-memory.js';
import { type NtOptions, synthesizeNt } from '../../synthetic/windows/synthesize-nt.js';

/** Of each way in which builds differ one. */
const BUILDS = ['6.1.7601.24540', '6.3.9600.20237', '10.0.17763.2114', '10.0.22000.739'];
const UNKNOWN = 'ntkrnlmp.pdb/0123456789ABCDEF0123456789ABCDEF-1';

async function open(version: string, options: NtOptions) {
  const nt = synthesizeNt(version, options);
  const image = new Image(version, new BufferMemory(nt.bytes), { cache: false });
  const { profile } = await image.requireWindows();
  return { nt, image, profile };
}

describe.each(BUILDS)('an unknown kernel with the structures of Windows %s', (version) => {
  it('is read with types of its neighbours, and says so', async () => {
    const { nt, image, profile } = await open(version, { identity: UNKNOWN });
    expect(profile.banner).toBe(UNKNOWN);
    // The one build of 7601 whose symbols are known is its own neighbour: its exports are where they should be.
    const isOwn = version.startsWith('6.1');
    expect(profile.sources[0]).toMatch(
      isOwn ? /^types and symbols: shipped for/ : /^types: shipped for .* of another build, proven on the processes/,
    );
    const listed = nt.truth.processes.filter(({ unlinked }) => unlinked !== true);
    const rows = await wholeRows<Record<string, unknown>>(image, pslist);
    expect(rows.map(({ pid, name, threads }) => [pid, name, threads])).toEqual(
      listed.map(({ pid, name, threads }) => [pid, name, threads.length]),
    );
    // By the table of types and the cookie, for which there is no symbol.
    const opened = await wholeRows<Record<string, unknown>>(image, handles);
    expect(opened.map(({ pid, handle, type }) => [pid, handle, type])).toEqual(
      listed.flatMap(({ pid, handles: own = [] }) => own.map(({ handle, type }) => [pid, handle, type])),
    );
    const drivers = await wholeRows<Record<string, unknown>>(image, modules);
    expect(drivers.map(({ name }) => name)).toEqual(
      nt.truth.modules.filter(({ hidden }) => hidden !== true).map(({ name }) => name),
    );
  });
});

describe('a kernel of 24H2, of which processes and threads are known only', () => {
  it('is read with these, and all else as 22000 has it; other builds are refused', async () => {
    const { nt, image, profile } = await open('10.0.26100', { identity: UNKNOWN, buildNumber: 26100 });
    expect(profile.release).toBe('10.0.26100');
    expect(profile.sources[0]).toMatch(/^types: shipped for .*24H2.* of another build, proven on the processes/);
    const listed = nt.truth.processes.filter(({ unlinked }) => unlinked !== true);
    const rows = await wholeRows<Record<string, unknown>>(image, pslist);
    expect(rows.map(({ pid, ppid, name, threads, session }) => [pid, ppid, name, threads, session])).toEqual(
      listed.map(({ pid, ppid, name, threads }) => [pid, ppid, name, threads.length, undefined]),
    );
    const running = await wholeRows<Record<string, unknown>>(image, threads);
    expect(running.map(({ tid, startAddress }) => [tid, startAddress])).toEqual(
      listed.flatMap(({ threads: own }) => own.map(({ tid, start }) => [tid, nt.guest.resolve(start)])),
    );
    const opened = await wholeRows<Record<string, unknown>>(image, handles);
    expect(opened.map(({ pid, handle, type }) => [pid, handle, type])).toEqual(
      listed.flatMap(({ pid, handles: own = [] }) => own.map(({ handle, type }) => [pid, handle, type])),
    );
    image.close();
  });
});

describe('types of neighbours', () => {
  it.each([
    ['10.0.22000.739', 14393],
    ['10.0.19041.804', 18362],
    ['6.1.7601.24540', 9600],
    ['10.0.14393.4583', 22000],
  ])(
    'of %s are not taken from a build that is nearer by number (%i) but laid out otherwise',
    async (version, buildNumber) => {
      const { nt, image, profile } = await open(version, { identity: UNKNOWN, buildNumber });
      const field = (name: string) => profile.types.struct('_EPROCESS')?.fields.get(name)?.offset;
      for (const name of ['UniqueProcessId', 'ActiveProcessLinks', 'Token', 'ObjectTable', 'ThreadListHead', 'Peb']) {
        expect(field(name), name).toBe(nt.guest.types.member('_EPROCESS', name).offset);
      }
      image.close();
    },
  );
});

describe.each(BUILDS)("the debugger's data of Windows %s", (version) => {
  it.each([true, false])('is found by its symbol and without (plain: %s)', (plainDebuggerData) => {
    const nt = synthesizeNt(version, { plainDebuggerData });
    const memory = new BufferMemory(nt.bytes);
    const location = findWindowsKernel(memory, 'quick')!;
    const space = new PagedAddressSpace('kernel', memory, PAGING_MODES['4-level'], location.dtb);
    const address = nt.guest.symbol('KdDebuggerDataBlock');
    const canEncode = nt.guest.types.rva('KdpDataBlockEncoded') !== undefined;
    for (const known of [address, undefined]) {
      const found = findDebuggerData(space, location, known);
      expect([found?.address, found?.encoded]).toEqual([address, canEncode && !plainDebuggerData]);
      const named = new Map(found?.symbols.map((symbol) => [symbol.name, symbol.address]));
      for (const name of [
        'PsLoadedModuleList',
        'PsActiveProcessHead',
        'PspCidTable',
        'ObpRootDirectoryObject',
        'KiProcessorBlock',
      ]) {
        expect(named.get(name), name).toBe(nt.guest.symbol(name));
      }
    }
  });
});
