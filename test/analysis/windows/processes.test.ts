import { expect, it } from 'vitest';
import cmdline from '../../../src/analysis/windows/cmdline.js';
import dlllist from '../../../src/analysis/windows/dlllist.js';
import envars from '../../../src/analysis/windows/envars.js';
import getsids from '../../../src/analysis/windows/getsids.js';
import handles from '../../../src/analysis/windows/handles.js';
import maps from '../../../src/analysis/windows/maps.js';
import privileges from '../../../src/analysis/windows/privileges.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import psscan from '../../../src/analysis/windows/psscan.js';
import pstree from '../../../src/analysis/windows/pstree.js';
import sessions from '../../../src/analysis/windows/sessions.js';
import thrdscan from '../../../src/analysis/windows/thrdscan.js';
import threads from '../../../src/analysis/windows/threads.js';
import { processes } from '../../../src/objects/windows/processes.js';
import { countByPid, onReactOS } from './on-reactos.js';

/** Of the remark in tlist.txt: `tlist 1052` printed these of notepad. */
const NOTEPAD = { pid: 1052, tid: 1056, start: 0x0040683fn, argument: ' C:\\env.txt', virtualKib: 18988 };

onReactOS('processes of NT', (opened) => {
  it('are those that the guest listed, in its order', async () => {
    const rows = await opened().rows(pslist);
    expect(rows.map(({ pid, name, ppid }) => ({ pid, name, ppid }))).toEqual(opened().listed);
  });

  it('are all found by their pool blocks, and none beside them', async () => {
    const rows = await opened().rows(psscan);
    expect(rows.map(({ pid, found }) => ({ pid, found }))).toEqual(
      opened().listed.map(({ pid }) => ({ pid, found: ['list', 'pool'] })),
    );
  });

  it('form the tree that the parents in the guest list give', async () => {
    const { listed } = opened();
    const depthOf = (pid: number): number => {
      const parent = listed.find((each) => each.pid === listed.find((one) => one.pid === pid)?.ppid);
      return parent === undefined ? 0 : depthOf(parent.pid) + 1;
    };
    const rows = await opened().rows(pstree);
    expect(rows.map(({ pid, depth }) => ({ pid, depth })).sort((a, b) => Number(a.pid) - Number(b.pid))).toEqual(
      listed.map(({ pid }) => ({ pid, depth: depthOf(pid) })).sort((a, b) => a.pid - b.pid),
    );
    for (const [index, { pid, ppid }] of rows.entries()) {
      const parent = rows.findIndex((row) => row.pid === ppid);
      expect(parent, `${pid} after its parent`).toBeLessThan(index);
    }
  });

  it('have as many threads, handles and address ranges as the kernel has counted', async () => {
    const { kernel, rows } = opened();
    const listed = [...processes(kernel)];
    const pidOf = (process: (typeof listed)[number]) => process.num('UniqueProcessId') as number;
    const counted = (count: (process: (typeof listed)[number]) => number | undefined) =>
      new Map(listed.map((process) => [pidOf(process), count(process)]));
    expect(countByPid(await rows(threads))).toEqual(counted((process) => process.num('ActiveThreads')));
    expect(countByPid(await rows(handles))).toEqual(
      counted((process) => process.follow('ObjectTable')?.num('HandleCount')),
    );
    expect(countByPid(await rows(maps))).toEqual(
      counted((process) => process.num('VadRoot.NumberGenericTableElements')),
    );
  });

  it('agree with what tlist said of notepad', async () => {
    const { kernel, rows } = opened();
    const [thread, ...others] = await rows(threads, { pid: [NOTEPAD.pid] });
    expect(others).toEqual([]);
    expect(thread).toMatchObject({ tid: NOTEPAD.tid, win32StartAddress: NOTEPAD.start, state: 'Waiting' });
    const [command] = await rows(cmdline, { pid: [NOTEPAD.pid] });
    // What was typed was `notepad C:\env.txt`; the command interpreter puts the path of what it found before it.
    expect(command?.args).toBe(`${command?.exe}${NOTEPAD.argument}`);
    expect(command?.exe).toBe('C:\\ReactOS\\System32\\notepad.exe');
    const notepad = [...processes(kernel)].find((process) => process.num('UniqueProcessId') === NOTEPAD.pid);
    expect((notepad?.num('VirtualSize') ?? 0) / 1024).toBe(NOTEPAD.virtualKib);
  });

  it('have address ranges that ascend and do not overlap', async () => {
    let pid: number | bigint | undefined;
    let end = 0n;
    for (const range of await opened().rows(maps)) {
      if (range.pid !== pid) end = 0n;
      pid = range.pid;
      expect(BigInt(range.start ?? -1)).toBeGreaterThanOrEqual(end);
      end = BigInt(range.end ?? 0);
      expect(end).toBeGreaterThan(BigInt(range.start ?? 0));
    }
  });

  it('load libraries where an image of that file is mapped', async () => {
    const ranges = (await opened().rows(maps)).filter(({ kind }) => kind === 'image');
    for (const { pid, name, base, path } of await opened().rows(dlllist)) {
      const range = ranges.find((each) => each.pid === pid && each.start === base);
      expect(range, `${pid} ${path}`).toBeDefined();
      expect(range?.path?.toLowerCase().endsWith(`\\${name?.toLowerCase()}`), `${path}: ${range?.path}`).toBe(true);
    }
  });

  it('have threads that are all found by their pool blocks', async () => {
    const scanned = new Set((await opened().rows(thrdscan)).map(({ offset }) => offset));
    const missing = (await opened().rows(threads)).filter(({ offset }) => !scanned.has(offset));
    expect(missing).toEqual([]);
  });

  it('have the environment that the command interpreter gave to notepad', async () => {
    const variables = async (pid: number) =>
      (await opened().rows(envars, { pid: [pid] })).filter(({ name }) => !name?.startsWith('='));
    const [shell, notepad] = [await variables(1040), await variables(NOTEPAD.pid)];
    const plain = (rows: typeof shell) => rows.map(({ name, value }) => `${name}=${value}`);
    expect(plain(notepad)).toEqual(plain(shell));
    expect(plain(shell)).toContain('OS=Windows_NT');
  });

  it('act for the users that their services are registered with', async () => {
    const users = new Map((await opened().rows(sessions)).map(({ pid, user }) => [pid, user]));
    expect(users.get(180)).toBe('Local System');
    expect(users.get(348)).toBe('Network Service');
    expect(users.get(628)).toBe('Administrator');
    const groups = (await opened().rows(getsids, { pid: [628] })).map(({ name }) => name);
    expect(groups).toEqual(expect.arrayContaining(['Administrators', 'Users', 'Everyone', 'Interactive']));
    const system = (await opened().rows(privileges, { pid: [4] })).map(({ name }) => name);
    expect(system).toEqual(expect.arrayContaining(['SeTcbPrivilege', 'SeDebugPrivilege', 'SeLoadDriverPrivilege']));
    expect(system).not.toContain(undefined);
  });
});
