/** Numbers that the kernel keeps in a second place, against whole results: handles, tokens, sessions, names, command lines. */
import { expect, it } from 'vitest';
import cmdline from '../../../src/analysis/windows/cmdline.js';
import dlllist from '../../../src/analysis/windows/dlllist.js';
import envars from '../../../src/analysis/windows/envars.js';
import filescan from '../../../src/analysis/windows/filescan.js';
import getsids from '../../../src/analysis/windows/getsids.js';
import handles from '../../../src/analysis/windows/handles.js';
import mutantscan from '../../../src/analysis/windows/mutantscan.js';
import privileges from '../../../src/analysis/windows/privileges.js';
import sessions from '../../../src/analysis/windows/sessions.js';
import thrdscan from '../../../src/analysis/windows/thrdscan.js';
import threads from '../../../src/analysis/windows/threads.js';
import { StructView } from '../../../src/objects/struct-view.js';
import { listEntries } from '../../../src/objects/windows/lists.js';
import { objectHeader } from '../../../src/objects/windows/object-header.js';
import { processId } from '../../../src/objects/windows/process-facts.js';
import { processes } from '../../../src/objects/windows/processes.js';
import { countByPid, onReactOS } from './on-reactos.js';

/** Pointers to tokens have the count of quick references in their low three bits. */
const FAST_REFERENCE = 7n;

onReactOS('what the kernel counts itself', (opened) => {
  /** A number of each process, by its pid; those with 0 have no rows. */
  const counted = (count: (process: StructView) => number | undefined) =>
    new Map(
      [...processes(opened().kernel)]
        .map((process) => [processId(process) as number, count(process)] as const)
        .filter(([, value]) => value !== 0),
    );
  const token = (process: StructView) =>
    opened().kernel.struct('_TOKEN', (process.ptr('Token.Value') as bigint) & ~FAST_REFERENCE);

  it('has as many handles to each object as its header counts, in all tables together', async () => {
    const { kernel, rows } = opened();
    const held = new Map<bigint, number>();
    for (const { offset } of await rows(handles)) {
      const body = offset as bigint;
      held.set(body, (held.get(body) ?? 0) + 1);
    }
    expect(held.size).toBeGreaterThan(400);
    const differing = [...held].filter(([body, count]) => objectHeader(kernel, body).num('HandleCount') !== count);
    expect(differing.map(([body]) => body)).toEqual([]);
    // And the other way: what scans say is held is held, as often.
    for (const scan of [filescan, mutantscan]) {
      for (const { offset, handles: count } of await rows(scan)) {
        expect(held.get(offset as bigint) ?? 0, `${offset}`).toBe(count);
      }
    }
  });

  it('has as many privileges and groups as the token of each process counts', async () => {
    const { rows } = opened();
    expect(countByPid(await rows(privileges))).toEqual(counted((process) => token(process).num('PrivilegeCount')));
    expect(countByPid(await rows(getsids))).toEqual(counted((process) => token(process).num('UserAndGroupCount')));
  });

  it('has in its session all processes that are in one, and no thread that is on no list', async () => {
    const { rows } = opened();
    const inSession = counted((process) => (process.ptr('Session') === 0n ? 0 : 1));
    expect(countByPid(await rows(sessions))).toEqual(inSession);
    const listed = (await rows(threads)).map(({ offset }) => offset).sort();
    expect((await rows(thrdscan)).map(({ offset }) => offset).sort()).toEqual(listed);
  });

  it('has the same libraries in the order of loading and of their places in memory', async () => {
    const { kernel, rows } = opened();
    const listed = await rows(dlllist);
    for (const process of processes(kernel)) {
      const pid = processId(process);
      const space = kernel.processSpace(process);
      const peb = process.ptr('Peb');
      if (space === undefined || peb === undefined || peb === 0n) continue;
      const context = { space, profile: kernel.profile, field: kernel.field.bind(kernel), faults: kernel.faults };
      const loader = new StructView(context, '_PEB', peb).follow('Ldr', '_PEB_LDR_DATA')!;
      const head = loader.addressOf('InMemoryOrderModuleList');
      const inMemory = [...listEntries(context, head, '_LDR_DATA_TABLE_ENTRY', 'InMemoryOrderLinks')];
      const mine = listed.filter((row) => row.pid === pid).map(({ offset }) => offset);
      expect(inMemory.map(({ address }) => address).sort(), `${pid}`).toEqual(mine.sort());
    }
  });

  it('has the environment and the command line that the loader worked with', async () => {
    const { rows } = opened();
    const programs = new Map((await rows(dlllist)).map(({ pid, path }) => [pid, path] as const).reverse());
    const system = new Map<unknown, string | undefined>();
    for (const { pid, name, value } of await rows(envars)) if (name === 'SystemRoot') system.set(pid, value);
    for (const { pid, exe } of await rows(cmdline)) {
      if (exe === undefined) continue;
      // The first library on the loader's list is the program itself.
      expect(programs.get(pid)?.toLowerCase(), `${pid}`).toBe(exe.toLowerCase());
    }
    expect(new Set(system.values())).toEqual(new Set(['C:\\ReactOS']));
  });
});
