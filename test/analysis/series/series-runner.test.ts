import { describe, expect, test } from 'vitest';
import { comparedPlugins } from '../../../src/analysis/changes/compared-plugins.js';
import { Image } from '../../../src/analysis/image.js';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { type MarkedRow, runPlugin } from '../../../src/analysis/run-plugin.js';
import { SeriesRunner } from '../../../src/analysis/series/series-runner.js';
import { UserError } from '../../../src/core/errors.js';
import type { PhysicalMemory } from '../../../src/memory/physical-memory.js';
import { bufferMemory } from '../../profiles/buffer-memory.js';
import { importWhole, temporaryStore } from '../../snapshots/temporary-store.js';
import { GuestEditor } from '../synthetic-moments.js';

async function outcome(run: () => Promise<readonly MarkedRow[]>): Promise<readonly MarkedRow[] | string> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

async function fullRun(plugin: Plugin, memory: PhysicalMemory): Promise<readonly MarkedRow[]> {
  const rows: MarkedRow[] = [];
  const image = new Image('memory', memory, { cache: false });
  for await (const row of runPlugin(plugin, image)) rows.push(row);
  return rows;
}

/** Moments at which nothing happened. */
const IDLE = [1, 4];

/** A series in which something of every sort happens, with idle moments and pages nobody reads in between. */
async function moments(): Promise<Buffer[]> {
  const base = await GuestEditor.open();
  const all = [base.bytes];
  const change = async (edit: (editor: GuestEditor) => unknown) => {
    const editor = await GuestEditor.open(all.at(-1));
    edit(editor);
    all.push(editor.bytes);
  };
  await change(() => {});
  await change((editor) => editor.bytes.fill(0x5a, editor.bytes.length - 4096));
  await change((editor) => editor.rename(100, 'first'));
  await change(() => {});
  await change((editor) => editor.hook(5, editor.kernel.requireAddress('__x64_sys_call3')));
  await change((editor) => editor.unlink(100));
  await change((editor) => editor.restart(1, 77n));
  // Back to a former moment: the pages are the very same.
  all.push(Buffer.from(base.bytes));
  // Without its kernel: nothing that was found may be believed any more.
  all.push(Buffer.alloc(base.bytes.length));
  all.push(Buffer.from(base.bytes));
  return all;
}

describe('results kept over a series', () => {
  test('are what full runs give, for every plugin at every moment', async () => {
    const store = temporaryStore();
    const series = await moments();
    // Whatever ran when a machine stopped: its registers are never the same.
    const registers = (index: number) => [{ cr3: BigInt(0x7000 + index * 0x1000), rip: BigInt(index), general: {} }];
    series.forEach((bytes, index) => {
      importWhole(store, 'a', bufferMemory(bytes, { registers: registers(index) }));
    });
    const runner = new SeriesRunner({ cache: false });
    const plugins = await comparedPlugins('linux');
    const memories = series.map((_, index) => store.openMemory('a', index + 1));
    let compared = 0;
    for (const [index, memory] of memories.entries()) {
      const before = runner.counts.run;
      let failed = 0;
      for (const plugin of plugins) {
        const kept = await outcome(() => runner.rows(plugin, 'memory', memory));
        const full = await outcome(() =>
          fullRun(plugin, bufferMemory(series[index] as Buffer, { registers: registers(index) })),
        );
        expect(kept, `${plugin.name} at ${index + 1}`).toEqual(full);
        if (typeof full === 'string') failed++;
        else if (full.length > 0) compared++;
      }
      // Nothing but what cannot run is tried again where no page changed that anybody reads.
      if (IDLE.includes(index)) expect(runner.counts.run - before).toBe(failed);
    }
    expect(compared).toBeGreaterThan(50);
    for (const memory of memories) memory.close();
  });
});
