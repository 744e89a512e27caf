import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import cmdline from '../../../src/analysis/windows/cmdline.js';
import dlllist from '../../../src/analysis/windows/dlllist.js';
import driverscan from '../../../src/analysis/windows/driverscan.js';
import envars from '../../../src/analysis/windows/envars.js';
import filescan from '../../../src/analysis/windows/filescan.js';
import getsids from '../../../src/analysis/windows/getsids.js';
import handles from '../../../src/analysis/windows/handles.js';
import maps from '../../../src/analysis/windows/maps.js';
import modules from '../../../src/analysis/windows/modules.js';
import mutantscan from '../../../src/analysis/windows/mutantscan.js';
import privileges from '../../../src/analysis/windows/privileges.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import psscan from '../../../src/analysis/windows/psscan.js';
import symlinkscan from '../../../src/analysis/windows/symlinkscan.js';
import threads from '../../../src/analysis/windows/threads.js';
import type { Row } from '../../../src/core/columns.js';
import { wholeRows } from '../../analysis/test-kernels.js';
import { BufferMemory } from '../buffer-memory.js';
import { allAreas } from './nt-address-space.js';
import { KERNEL_BASE } from './nt-guest.js';
import { NT_BUILDS, type SyntheticNt, synthesizeNt } from './synthesize-nt.js';

/** The columns named of each row. */
const pick = (rows: readonly Row[], ...names: string[]) =>
  rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
const unixNs = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;
const baseName = (path: string) => path.slice(path.lastIndexOf('\\') + 1);

describe.each(NT_BUILDS)('a synthetic guest of Windows %s', (version) => {
  let nt: SyntheticNt;
  let image: Image;
  beforeAll(() => {
    nt = synthesizeNt(version);
    image = new Image(version, new BufferMemory(nt.bytes), { cache: false });
  });
  afterAll(() => image.close());
  const rows = (plugin: unknown) => wholeRows(image, plugin);
  const listed = () => nt.truth.processes.filter(({ unlinked }) => unlinked !== true);
  const withMemory = () =>
    listed().filter(({ image: program, exited }) => program !== undefined && exited === undefined);

  it('is found, with exactly its profile', async () => {
    const { location, profile } = await image.requireWindows();
    expect(location).toMatchObject({ architecture: 'amd64', paging: '4-level', base: KERNEL_BASE, dtb: nt.dtb });
    expect(profile.banner).toBe(nt.guest.types.identity);
    expect(profile.release).toBe(version.replace(/\.\d+$/, ''));
    expect(profile.sources[0]).toMatch(/^types and symbols: shipped/);
  });

  it('has the processes on its list, and in its pool those that hide', async () => {
    const facts = (truths: SyntheticNt['truth']['processes']) =>
      truths.map(({ pid, ppid, name, session, created, exited, threads: own, handles: open = [] }) => ({
        pid,
        ppid,
        name,
        session,
        threads: own.length,
        handles: exited === undefined ? open.length : undefined,
        createTime: unixNs(created),
        exitTime: exited === undefined ? undefined : unixNs(exited),
      }));
    const names = ['pid', 'ppid', 'name', 'session', 'threads', 'handles', 'createTime', 'exitTime'];
    expect(pick(await rows(pslist), ...names)).toEqual(facts(listed()));
    const scanned = pick(await rows(psscan), 'pid', 'ppid', 'name').sort((a, b) => Number(a.pid) - Number(b.pid));
    expect(scanned).toEqual(nt.truth.processes.map(({ pid, ppid, name }) => ({ pid, ppid, name })));
  });

  it('has their threads', async () => {
    const truth = listed().flatMap(({ pid, threads: own }) =>
      own.map(({ tid, state, created, start }) => ({
        pid,
        tid,
        state: `${state[0]?.toUpperCase()}${state.slice(1)}`,
        createTime: unixNs(created),
        startAddress: nt.guest.resolve(start),
      })),
    );
    expect(pick(await rows(threads), 'pid', 'tid', 'state', 'createTime', 'startAddress')).toEqual(truth);
  });

  it('has their handles, in tables of one to three levels', async () => {
    const truth = listed().flatMap(({ pid, handles: own = [] }) =>
      own.map(({ handle, type, access }) => ({ pid, handle, type, access })),
    );
    expect(pick(await rows(handles), 'pid', 'handle', 'type', 'access')).toEqual(truth);
    const named = pick(await rows(handles), 'type', 'name').filter(({ name }) => name !== undefined);
    expect(named).toContainEqual({ type: 'Key', name: '\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services' });
    expect(named).toContainEqual({ type: 'File', name: '\\Device\\HarddiskVolume1\\Users\\ann\\secret plan.txt' });
    expect(named).toContainEqual({ type: 'Mutant', name: '\\BaseNamedObjects\\SampleMutex' });
    expect(named).toContainEqual({ type: 'Process', name: 'svchost.exe (712)' });
  });

  it('has what they were started with', async () => {
    expect(pick(await rows(cmdline), 'pid', 'args', 'exe', 'cwd').filter(({ args }) => args !== undefined)).toEqual(
      withMemory().map(({ pid, commandLine: args, image: exe, currentDirectory: cwd }) => ({ pid, args, exe, cwd })),
    );
    expect(pick(await rows(envars), 'pid', 'name', 'value')).toEqual(
      withMemory().flatMap(({ pid, environment = [] }) =>
        environment.map((one) => {
          const equals = one.indexOf('=', 1);
          return { pid, name: one.slice(0, equals), value: one.slice(equals + 1) };
        }),
      ),
    );
  });

  it('has their images and areas', async () => {
    expect(pick(await rows(dlllist), 'pid', 'base', 'size', 'path')).toEqual(
      withMemory().flatMap(({ pid, dlls = [] }) => dlls.map(({ base, size, path }) => ({ pid, base, size, path }))),
    );
    expect(pick(await rows(maps), 'pid', 'start', 'end', 'protection', 'path')).toEqual(
      withMemory().flatMap((process) =>
        allAreas(process).map(({ start, pages, protection, file }) => ({
          pid: process.pid,
          start,
          end: start + BigInt(pages * 4096),
          protection: protection.replace('PAGE_', ''),
          path: file === undefined ? undefined : `\\Device\\HarddiskVolume1${file}`,
        })),
      ),
    );
  });

  it('has whom they act for', async () => {
    const sids = pick(await rows(getsids), 'pid', 'sid');
    expect(sids).toEqual(
      listed().flatMap(({ pid, token }) => [token?.user, ...(token?.groups ?? [])].map((sid) => ({ pid, sid }))),
    );
    expect(pick(await rows(privileges), 'pid', 'value', 'enabled')).toEqual(
      listed().flatMap(({ pid, token }) =>
        (token?.privileges ?? []).map((value) => ({ pid, value, enabled: token?.enabled.includes(value) })),
      ),
    );
  });

  it('has its drivers and named objects', async () => {
    const visible = nt.truth.modules.filter(({ hidden }) => hidden !== true);
    expect(pick(await rows(modules), 'name', 'path')).toEqual(visible.map(({ name, path }) => ({ name, path })));
    const drivers = nt.truth.modules.flatMap(({ driver }) => (driver === undefined ? [] : [`\\Driver\\${driver}`]));
    expect((await rows(driverscan)).map((row) => row.name)).toEqual(drivers);
    expect(pick(await rows(mutantscan), 'name').map(({ name }) => baseName(String(name)))).toEqual(['SampleMutex']);
    expect(pick(await rows(symlinkscan), 'target')).toEqual([{ target: '\\Device\\HarddiskVolume1' }]);
    const files = new Set((await rows(filescan)).map((row) => row.name));
    expect(files).toContain('\\Device\\HarddiskVolume1\\Windows\\Fonts\\segoeui.ttf');
  });
});
