/** Rows that rest on unreadable memory say so, and the others don't. */
import { describe, expect, it } from 'vitest';
import { Image } from '../../src/analysis/image.js';
import handles from '../../src/analysis/linux/handles.js';
import maps from '../../src/analysis/linux/maps.js';
import modules from '../../src/analysis/linux/modules.js';
import pslist from '../../src/analysis/linux/pslist.js';
import type { Plugin } from '../../src/analysis/plugin.js';
import { type MarkedRow, runPlugin, SILENT_IO } from '../../src/analysis/run-plugin.js';
import { BufferMemory } from '../synthetic/buffer-memory.js';
import { GUEST } from '../synthetic/guest-truth.js';
import { linuxGuest } from '../synthetic/linux-guest.js';

/** Runs a plugin on the synthetic guest after `damage` was done to its memory. */
async function damagedRows(plugin: unknown, damage: (memory: Buffer) => void, notes: string[] = []) {
  const memory = linuxGuest(64);
  damage(memory);
  const rows: MarkedRow[] = [];
  const image = new Image('damaged', new BufferMemory(memory), { cache: false });
  const io = { ...SILENT_IO, note: (text: string) => void notes.push(text) };
  for await (const row of runPlugin(plugin as Plugin, image, {}, io)) rows.push(row);
  return rows;
}

/** An address that no table maps. */
const NOWHERE = 0xffff_ffff_0000_0000n;
const DIRECT_MAP = 0xffff_8cc0_0000_0000n;

/** Replaces every pointer into the direct map in the 64 bytes before and after `text` that `isIt` picks. */
function mislead(memory: Buffer, at: number): void {
  const pointer = memory.readBigUInt64LE(at);
  if (pointer < DIRECT_MAP || pointer >= DIRECT_MAP + BigInt(memory.length)) throw new Error('no pointer there');
  memory.writeBigUInt64LE(NOWHERE, at);
}

/** Where the last `text`, ended by a NUL, lies. */
const placeOf = (memory: Buffer, text: string) => memory.lastIndexOf(Buffer.from(`${text}\0`));

describe('damage', () => {
  it('marks the one process whose credentials are unreadable', async () => {
    // real_cred is the third last pointer before comm in the synthetic task: ptracer_cred, real_cred, cred.
    const rows = await damagedRows(pslist, (memory) => mislead(memory, placeOf(memory, 'kworker/0:1') - 16));
    expect(rows.map(({ row, partial }) => [row.pid, row.uid, partial])).toEqual(
      GUEST.processes.map(({ pid, uid, name }) =>
        name === 'kworker/0:1' ? [pid, undefined, true] : [pid, uid, false],
      ),
    );
  });

  it('shows where a list leads nowhere as a row of its own, marked', async () => {
    // The list link stands before the name.
    const rows = await damagedRows(modules, (memory) => mislead(memory, placeOf(memory, 'ext9') - 16));
    expect(rows.map(({ row, partial }) => [row.name, partial])).toEqual([
      ['rootkit_not', false],
      ['ext9', false],
      [undefined, true],
    ]);
  });

  it('says when a list runs in circles, as there is no row to mark', async () => {
    const notes: string[] = [];
    const rows = await damagedRows(
      modules,
      (memory) => {
        const place = placeOf(memory, 'loop') - 16;
        memory.copy(memory, place, placeOf(memory, 'rootkit_not') - 16, placeOf(memory, 'rootkit_not') - 8);
      },
      notes,
    );
    expect(rows.map(({ row }) => row.name)).toEqual(GUEST.modules.map(({ name }) => name));
    expect(notes).toEqual([
      expect.stringMatching(/^modules: rows may be missing; .* at 0xffff8cc0[0-9a-f]+ \(cycle in a list\)$/),
    ]);
  });

  it('leaves other plugins alone', async () => {
    const damage = (memory: Buffer) => mislead(memory, placeOf(memory, 'ext9') - 16);
    for (const plugin of [handles, maps]) {
      const rows = await damagedRows(plugin, damage);
      expect(rows.length).toBeGreaterThan(5);
      expect(rows.filter(({ partial }) => partial)).toEqual([]);
    }
  });
});
