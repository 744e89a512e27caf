/**
 * Exports of a snapshot as crash reads them (CRASH_VMLINUX=FILE, the vmlinux with DWARF of the image's kernel): processes
 * and modules of a Linux image that went into a store and out again as an ELF core. Takes a quarter of a minute.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportMemory } from '../../../src/cli/export-memory.js';
import { openMemory } from '../../../src/formats/open-image.js';
import { linuxImages } from '../../ground-truth/images.js';
import { isLastSleep, standingProcesses } from '../../ground-truth/standing-processes.js';
import { importWhole, temporaryFolder, temporaryStore } from '../../snapshots/temporary-store.js';

const { CRASH_VMLINUX: vmlinux } = process.env;
const image = linuxImages().find(({ arch }) => arch === 'amd64');
const hasCrash = spawnSync('crash', ['--version']).status === 0;
const lack =
  (image === undefined && 'no image here') ||
  (vmlinux === undefined && 'CRASH_VMLINUX names no vmlinux') ||
  (!hasCrash && 'no crash here');

/**
 * What crash says to `commands`. `ps` is not among them: crash 8.0.2 knows a `struct pid` of one fixed number behind it,
 * and finds next to no process where the array is flexible, in QEMU's dumps as in ours.
 */
function crash(core: string, commands: readonly string[]): string {
  const input = [...commands, 'quit', ''].join('\n');
  const { status, stdout, stderr } = spawnSync('crash', ['-s', vmlinux ?? '', core], { encoding: 'utf8', input });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  return stdout;
}

describe.skipIf(lack !== false)(`an exported core as crash sees it${lack === false ? '' : ` (${lack})`}`, () => {
  it('has the processes of the guest’s last ps, and its modules', { timeout: 600_000 }, async () => {
    const truth = await image!.truth();
    const store = temporaryStore();
    const memory = await openMemory(await image!.path());
    importWhole(store, 'a', memory);
    memory.close();
    const snapshot = store.openMemory('a', 1);
    const core = join(temporaryFolder(), 'a.core');
    await exportMemory(snapshot, 'elf', core);
    snapshot.close();

    const said = crash(core, ['list task_struct.tasks -S task_struct.pid,comm,real_parent -h init_task', 'mod']);
    const tasks = [
      ...said.matchAll(
        /^([0-9a-f]{16})\n {2}pid = (\d+),?\n {2}comm = "([^"\\]*).*\n {2}real_parent = 0x([0-9a-f]+)/gm,
      ),
    ].map(([, address = '', pid, comm = '', parent = '']) => ({ address, pid: Number(pid), comm, parent }));
    const pids = new Map(tasks.map(({ address, pid }) => [address, pid]));
    const found = tasks
      .filter(({ pid }) => pid !== 0)
      .map(({ pid, comm, parent }) => ({ pid, ppid: pids.get(parent), comm }))
      .filter((task) => !isLastSleep(truth, { ...task, ppid: task.ppid ?? -1 }));
    const byPid = (a: { pid: number }, b: { pid: number }) => a.pid - b.pid;
    expect(found.sort(byPid)).toEqual(standingProcesses(truth).sort(byPid));

    const modules = [...said.matchAll(/^[0-9a-f]{16} {2}(\S+) +([0-9a-f]{16}) +(\d+) /gm)];
    const told = truth.modules.map(({ name, address, size }) => [name, address, size]);
    expect(modules.map(([, name, base, size]) => [name, BigInt(`0x${base}`), Number(size)]).sort()).toEqual(
      told.map(([name, address, size]) => [name, BigInt(address as bigint), Number(size)]).sort(),
    );
  });
});
