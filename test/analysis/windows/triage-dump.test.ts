/** The common commands on a real triage dump, which has no kernel to walk: what it holds, in the same columns. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { runPlugin, SILENT_IO } from '../../../src/analysis/run-plugin.js';
import handles from '../../../src/analysis/windows/handles.js';
import modules from '../../../src/analysis/windows/modules.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import threads from '../../../src/analysis/windows/threads.js';
import unloadedmodules from '../../../src/analysis/windows/unloadedmodules.js';
import type { Row } from '../../../src/core/columns.js';
import { openMemory } from '../../../src/formats/open-image.js';
import { images } from '../../ground-truth/images.js';

const triage = images().find(({ files }) => files.includes('triage.dmp'));
const WHOLE_TYPES = '5278AFF86C341677D7D7835C85B7B844-1.json';

describe.skipIf(triage === undefined)('a triage dump (skipped when there is none)', () => {
  let image: Image;
  /** Of the kernel's own symbol file, which comes with the dump: offset of a member, address of a symbol in the image. */
  let offsetOf: (struct: string, member: string) => number;
  let symbol: (name: string) => bigint;
  let rvaOf: (name: string) => bigint;
  let expected: string;
  beforeAll(async () => {
    image = new Image('triage', await openMemory(await triage!.file('triage.dmp')), { cache: false });
    expected = await readFile(await triage!.file('expected.txt'), 'utf8');
    const isf = JSON.parse(await readFile(await triage!.file(WHOLE_TYPES), 'utf8'));
    const [kernel] = image.memory.windowsDump!.triage!.drivers;
    offsetOf = (struct, member) => isf.user_types[struct].fields[member].offset;
    rvaOf = (name) => BigInt(isf.symbols[name].address);
    symbol = (name) => kernel!.base + rvaOf(name);
  });
  afterAll(() => image.close());

  const answer = async (plugin: unknown, options = {}) => {
    const rows: Row[] = [];
    const notes: string[] = [];
    const io = { ...SILENT_IO, note: (text: string) => notes.push(text) };
    for await (const { row } of runPlugin(plugin as Plugin, image, options, io)) rows.push(row);
    return { rows, notes };
  };
  const word = (bytes: Uint8Array, at: number) => Buffer.from(bytes).readBigUInt64LE(at);
  const unixNs = (steps: bigint) => (steps - 116_444_736_000_000_000n) * 100n;

  it('has all its drivers as modules, and says that it is a triage dump', async () => {
    const { rows, notes } = await answer(modules);
    expect(rows).toHaveLength(Number(/DriverCount (0x[0-9a-f]+)/.exec(expected)![1]));
    expect(rows[0]).toEqual({
      name: 'ntoskrnl.exe',
      base: BigInt(/PsLoadedModuleList (0x[0-9a-f]+)/.exec(expected)![1]!) - rvaOf('PsLoadedModuleList'),
      size: expect.any(Number),
      path: '\\SystemRoot\\system32\\ntoskrnl.exe',
    });
    expect(rows.map(({ name }) => name)).toContain('amdppm.sys');
    expect(notes).toEqual(['triage is a triage dump: only what it holds is shown']);
  });

  it('has the process and the thread that crashed, as the whole symbol file reads the copies', async () => {
    const { process, thread } = image.memory.windowsDump!.triage!.structures!;
    const { rows } = await answer(pslist);
    expect(rows).toEqual([
      expect.objectContaining({
        pid: 4,
        ppid: 0,
        name: 'System',
        threads: Buffer.from(process).readUInt32LE(offsetOf('_EPROCESS', 'ActiveThreads')),
        createTime: unixNs(word(process, offsetOf('_EPROCESS', 'CreateTime'))),
        exitTime: undefined,
        dtb: Number(/dtb (0x[0-9a-f]+)/.exec(expected)![1]),
        offset: word(thread, offsetOf('_KTHREAD', 'Process')),
      }),
    ]);
    // The frames at the bottom of its stack: a worker of the executive.
    expect((await answer(threads)).rows).toEqual([
      expect.objectContaining({
        pid: 4,
        tid: 264,
        process: 'System',
        state: 'Running',
        startAddress: symbol('ExpWorkerThread'),
        createTime: unixNs(word(thread, offsetOf('_ETHREAD', 'CreateTime'))),
      }),
    ]);
    expect((await answer(pslist, { pid: [8] })).rows).toEqual([]);
  });

  it('has its unloaded drivers, and nothing for what needs a kernel to walk', async () => {
    const truth = image.memory.windowsDump!.triage!.unloadedDrivers;
    expect(truth.length).toBeGreaterThan(0);
    expect((await answer(unloadedmodules)).rows).toEqual(truth.map(({ name, start, end }) => ({ name, start, end })));
    await expect(answer(handles)).rejects.toThrow('no Windows kernel was found in triage');
  });
});
