import { describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { runPlugin, SILENT_IO } from '../../../src/analysis/run-plugin.js';
import handles from '../../../src/analysis/windows/handles.js';
import maps from '../../../src/analysis/windows/maps.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import threads from '../../../src/analysis/windows/threads.js';
import { UserError } from '../../../src/core/errors.js';
import { BufferMemory } from '../buffer-memory.js';
import type { NtGuest } from './nt-guest.js';
import { KERNEL_BASE } from './nt-guest.js';
import type { NtProcesses } from './nt-processes.js';
import { synthesizeNt } from './synthesize-nt.js';

const VERSION = '10.0.19041.804';

/** The rows of a plugin on a guest that somebody forged. */
async function rowsOf(plugin: unknown, extend: (guest: NtGuest, processes: NtProcesses) => void) {
  const nt = synthesizeNt(VERSION, { extend });
  const image = new Image('forged', new BufferMemory(nt.bytes), { cache: false });
  const rows: Record<string, unknown>[] = [];
  for await (const { row } of runPlugin(plugin as Plugin, image, {} as never, SILENT_IO)) rows.push(row);
  image.close();
  return rows;
}

const word = (guest: NtGuest, address: bigint) => guest.memory.read(address, 8).readBigUInt64LE();
const pids = (rows: readonly Record<string, unknown>[]) => new Set(rows.map(({ pid }) => pid));

describe('a forged guest', () => {
  it('with a tree of address ranges that leads back to its root', async () => {
    const rows = await rowsOf(maps, (guest, { processes }) => {
      const { memory } = guest;
      const root = word(guest, memory.at(processes.get(2604)!, '_EPROCESS', 'VadRoot.Root'));
      const left = word(guest, memory.at(root, '_RTL_BALANCED_NODE', 'Left'));
      memory.set(left, '_RTL_BALANCED_NODE', { Left: root, Right: root });
    });
    expect(pids(rows)).toEqual(new Set([600, 712, 2604]));
    expect(rows.filter(({ pid }) => pid === 2604).length).toBeLessThan(12);
  });

  it.each([
    ['too many levels', 3n],
    ['a page of pages that holds itself', 2n],
  ])('with a handle table of %s', async (_what, level) => {
    const rows = await rowsOf(handles, (guest, { processes }) => {
      const { memory } = guest;
      const table = word(guest, memory.at(processes.get(600)!, '_EPROCESS', 'ObjectTable'));
      const page = guest.pool.allocate('Obtb', 4096);
      for (let index = 0; index < 512; index++) memory.pointer(page + BigInt(index * 8), page);
      memory.set(table, '_HANDLE_TABLE', { TableCode: page | level });
    });
    // The tables of the others are whole.
    expect(rows.filter(({ pid }) => pid === 2604)).toHaveLength(4);
    expect(rows.length).toBeLessThan(2000);
  });

  it('with lists of processes and threads that go in circles', async () => {
    const circle = (guest: NtGuest, { processes, threads: all }: NtProcesses) => {
      const { memory } = guest;
      const links = memory.at(processes.get(712)!, '_EPROCESS', 'ActiveProcessLinks');
      memory.pointer(links, memory.at(processes.get(600)!, '_EPROCESS', 'ActiveProcessLinks'));
      const entry = memory.at(all.get(608)!, '_ETHREAD', 'ThreadListEntry');
      memory.pointer(entry, entry);
    };
    expect((await rowsOf(pslist, circle)).map(({ pid }) => pid)).toEqual([4, 600, 712]);
    expect((await rowsOf(threads, circle)).map(({ tid }) => tid)).toEqual([8, 12, 16, 604, 608, 716]);
  });

  it('whose kernel has headers with huge counts is refused in one line, or answers', async () => {
    for (const [offset, size] of [
      [0x86, 2],
      [0x80 + 24 + 108, 4],
      [0x80 + 24 + 112, 4],
      [0x80 + 24 + 116, 4],
      [0x3c, 4],
    ] as const) {
      const opened = rowsOf(pslist, ({ memory }) =>
        memory.integer(KERNEL_BASE + BigInt(offset), size, 2 ** (size * 8) - 1),
      );
      const result = await opened.catch((error: unknown) => error);
      if (!(result instanceof UserError)) expect(result).toHaveLength(5);
    }
  });
});
