/**
 * Real images with a few bytes changed, as malware or a damaged capture would have them: what the plugins are for.
 */
import { expect, it } from 'vitest';
import checkCreds from '../../../src/analysis/linux/check-creds.js';
import malfind from '../../../src/analysis/linux/malfind.js';
import maps from '../../../src/analysis/linux/maps.js';
import pslist from '../../../src/analysis/linux/pslist.js';
import psscan from '../../../src/analysis/linux/psscan.js';
import pstree from '../../../src/analysis/linux/pstree.js';
import psxview from '../../../src/analysis/linux/psxview.js';
import type { Options, Plugin } from '../../../src/analysis/plugin.js';
import { SILENT_IO } from '../../../src/analysis/run-plugin.js';
import type { Columns, Row } from '../../../src/core/columns.js';
import { LinuxKernel } from '../../../src/objects/linux/kernel.js';
import { processes } from '../../../src/objects/linux/tasks.js';
import { userMemory } from '../../../src/objects/linux/user-memory.js';
import type { StructView } from '../../../src/objects/struct-view.js';
import { littleEndian, unlinked, wordPatch } from '../kernel-patches.js';
import { type OpenedImage, onEveryImage } from '../on-every-image.js';
import { type Patch, patchedMemory } from '../patched-memory.js';
import { userTruth } from './standing.js';

function taskOf(kernel: LinuxKernel, pid: number): StructView {
  const found = [...processes(kernel)].find((task) => task.num('tgid') === pid);
  if (found === undefined) throw new Error(`no process ${pid}`);
  return found;
}

/** Rows of a plugin on the image with the patches applied, and how much of the memory behind them was wrong. */
function rowsOf<C extends Columns>(
  opened: OpenedImage,
  patches: readonly Patch[],
  plugin: Plugin<'linux', C, Options>,
) {
  const { location, profile } = opened.kernel;
  const kernel = new LinuxKernel(patchedMemory(opened.image.memory, patches), location, profile);
  const rows = [...(plugin.rows(kernel, {}, SILENT_IO) as Iterable<Row<C>>)];
  return { rows, faults: kernel.faults.count };
}

const victimOf = ({ truth }: OpenedImage) => userTruth(truth).find(({ cmdline }) => cmdline[1] === 'files')!.pid;

onEveryImage('a process taken off the task list', (opened) => {
  it('is missed by pslist, found by psscan and shown by psxview', async () => {
    const { kernel } = opened();
    const pid = victimOf(opened());
    const patches = unlinked(kernel, taskOf(kernel, pid), 'tasks');
    const has = ({ rows }: { rows: readonly Row[] }) => rows.some((row) => row.pid === pid);
    expect(has(rowsOf(opened(), patches, pslist))).toBe(false);
    const { rows: scanned } = rowsOf(opened(), patches, psscan);
    expect(scanned.filter((row) => row.pid === pid).map(({ found }) => found)).toEqual([['slab', 'pattern']]);
    const { rows: view } = rowsOf(opened(), patches, psxview);
    expect(view.filter(({ suspicious }) => suspicious)).toMatchObject([
      { pid, taskList: false, pidMap: true, threadList: true, children: true, slab: true },
    ]);
  });
});

onEveryImage('a task list that loops', (opened) => {
  it('ends, and the damage is noted', async () => {
    const { kernel } = opened();
    const task = taskOf(kernel, victimOf(opened()));
    const second = taskOf(kernel, 2);
    const patches = [wordPatch(kernel, task.addressOf('tasks'), second.addressOf('tasks'))];
    const before = [...processes(kernel)].findIndex(({ address }) => address === task.address) + 1;
    const { rows, faults } = rowsOf(opened(), patches, pslist);
    expect(rows).toHaveLength(before);
    expect(faults).toBeGreaterThan(0);
    expect(rowsOf(opened(), patches, pstree).rows).toHaveLength(before);
  });
});

onEveryImage('credentials copied from another process', (opened) => {
  it('are found by check-creds', async () => {
    const { kernel, truth } = opened();
    const user = userTruth(truth).find(({ cmdline }) => cmdline[1] === 'user')!.pid;
    const root = taskOf(kernel, victimOf(opened())).ptr('cred')!;
    const task = taskOf(kernel, user);
    const patches = ['cred', 'real_cred'].map((member) => wordPatch(kernel, task.addressOf(member), root));
    const { rows } = rowsOf(opened(), patches, checkCreds);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ credentials: root, euid: 0 });
    expect(rows[0]?.pids?.toSorted()).toEqual([String(victimOf(opened())), String(user)].sort());
  });
});

onEveryImage('code changed in a private file mapping', (opened) => {
  it('is found by malfind page by page', async () => {
    const { kernel, truth } = opened();
    const process = userTruth(truth).find(({ cmdline }) => cmdline[1] === 'files')!;
    const code = process.maps!.find(({ protection, path }) => protection === 'r-xp' && path === process.exe)!;
    const data = process.maps!.find(({ protection, path }) => protection === 'rw-p' && path === process.exe)!;
    const { space } = userMemory(kernel, taskOf(kernel, process.pid))!;
    // A page of the process's own takes the place of the file's, as a debugger's or an injector's write brings about.
    const [own] = [...space.leafEntries(data.start, data.end)];
    const [shown] = [...space.leafEntries(code.start, code.end)];
    const entry = tableEntry(space, shown!.start);
    // Present, user, accessed.
    const value = 0x25n | ((BigInt(own!.physical) >> 12n) << 12n);
    const patch = { physical: entry, bytes: littleEndian(value, space.mode.entrySize) };
    const { rows } = rowsOf(opened(), [patch], malfind);
    const found = rows.filter(({ pid }) => pid === process.pid);
    expect(found).toMatchObject([
      { start: code.start, reasons: ['1 page differs from the file'], address: shown!.start },
    ]);
  });
});

/** Physical address of the last-level entry of a virtual address. */
function tableEntry(space: NonNullable<ReturnType<typeof userMemory>>['space'], address: bigint): number {
  const { levels, entrySize } = space.mode;
  let table: number = space.root;
  for (const [depth, level] of levels.entries()) {
    const index = Number((address >> BigInt(level.shift)) & ((1n << BigInt(level.bits)) - 1n));
    const at = table + index * entrySize;
    if (depth === levels.length - 1) return at;
    const bytes = new Uint8Array(8);
    space.memory.read(at, bytes.subarray(0, entrySize));
    const entry = new DataView(bytes.buffer).getBigUint64(0, true);
    table = Number(entry & 0x000f_ffff_ffff_f000n);
  }
  throw new Error('no levels');
}

onEveryImage('a maple tree that contains itself', (opened) => {
  it('ends, and the damage is noted', async ({ skip }) => {
    const { kernel } = opened();
    const pid = userTruth(opened().truth).find(({ cmdline }) => cmdline[1] === 'maps')!.pid;
    const mm = taskOf(kernel, pid).follow('mm')!;
    const root = mm.ptr('mm_mt.ma_root')!;
    // Type in bits 6-3 (lib/maple_tree.c): 3 is a node of nodes.
    if (((root >> 3n) & 0xfn) !== 3n) skip('all areas fit one node of a 32-bit kernel');
    const node = kernel.struct('maple_arange_64', root & ~0xffn);
    // The second child becomes the root itself.
    const second = node.addressOf('slot') + BigInt(kernel.space.pointerSize);
    const { rows, faults } = rowsOf(opened(), [wordPatch(kernel, second, root & ~2n)], maps);
    expect(faults).toBeGreaterThan(0);
    const whole = (await opened().rows(maps)).length;
    expect(rows.length).toBeLessThan(whole);
    expect(rows.length).toBeGreaterThan(whole / 2);
  });
});
