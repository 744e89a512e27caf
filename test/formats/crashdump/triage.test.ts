/** Triage dumps of both kinds of kernels, as builders write them: what is in the file is what is said. */
import { describe, expect, it } from 'vitest';
import crashinfo from '../../../src/analysis/common/crashinfo.js';
import { Image } from '../../../src/analysis/image.js';
import modules from '../../../src/analysis/windows/modules.js';
import pslist from '../../../src/analysis/windows/pslist.js';
import threads from '../../../src/analysis/windows/threads.js';
import unloadedmodules from '../../../src/analysis/windows/unloadedmodules.js';
import type { Row } from '../../../src/core/columns.js';
import { wholeRows } from '../../analysis/test-kernels.js';
import { buildTriageDump, type TriageTruth } from '../builders/crashdump.js';
import { openBytes } from '../open-bytes.js';

/**
 * Sizes of KPRCB, EPROCESS and ETHREAD of Windows 7 SP1, and where some of their members are, as its public symbols say
 * (geoffchappell.com has them, too).
 */
const WINDOWS_7 = {
  32: {
    sizes: [0x3628, 0x2c0, 0x2b8],
    process: { pid: 0xb4, name: 0x16c, threads: 0x198, created: 0xa0, parent: 0x140 },
    thread: { pid: 0x22c, tid: 0x230, start: 0x218, process: 0x150 },
    running: 4,
  },
  64: {
    sizes: [0x4d00, 0x4d0, 0x498],
    process: { pid: 0x180, name: 0x2e0, threads: 0x328, created: 0x168, parent: 0x290 },
    thread: { pid: 0x3b0, tid: 0x3b8, start: 0x388, process: 0x210 },
    running: 8,
  },
} as const;
const CREATED = 133_540_000_000_000_000n;

describe.each([32, 64] as const)('triage dumps of %i bits', (bits) => {
  const high = (low: bigint) => (bits === 64 ? 0xffff_f800_0000_0000n | low : low);
  const { sizes, process: inProcess, thread: inThread, running } = WINDOWS_7[bits];
  const [prcb, process, thread] = sizes.map((size) => Buffer.alloc(size)) as [Buffer, Buffer, Buffer];
  const pointer = (bytes: Buffer, at: number, value: bigint) =>
    bits === 64 ? bytes.writeBigUInt64LE(value, at) : bytes.writeUInt32LE(Number(value), at);
  const places = { process: high(0x8412_3000n), thread: high(0x8412_8000n) };
  pointer(process, inProcess.pid, 1234n);
  pointer(process, inProcess.parent, 600n);
  process.write('crashed.exe', inProcess.name, 'latin1');
  process.writeUInt32LE(7, inProcess.threads);
  process.writeBigUInt64LE(CREATED, inProcess.created);
  pointer(thread, inThread.pid, 1234n);
  pointer(thread, inThread.tid, 1240n);
  pointer(thread, inThread.start, high(0x8280_1000n));
  pointer(thread, inThread.process, places.process);
  pointer(prcb, running, places.thread);
  const stack = Buffer.alloc(64);
  pointer(stack, 16, high(0x8a00_1234n));
  const truth: TriageTruth = {
    drivers: [
      {
        path: '\\SystemRoot\\system32\\ntoskrnl.exe',
        base: high(0x8280_0000n),
        size: 0x41_0000,
        timestamp: 0x4ce7_8a09,
      },
      {
        path: '\\SystemRoot\\System32\\Drivers\\bad.sys',
        base: high(0x8a00_0000n),
        size: 0x8000,
        timestamp: 0x5000_0000,
      },
    ],
    unloaded: [{ name: 'gone.sys', start: high(0x8b00_0000n), end: high(0x8b00_4000n) }],
    blocks: [
      { address: high(0x8412_0000n), bytes: Buffer.from('a piece of memory') },
      { address: high(0x8280_5000n), bytes: Buffer.from('another') },
    ],
    stack: { address: high(0x8ff0_0f00n), bytes: stack },
    structures: [prcb, process, thread],
  };
  const bugCheck = { code: 0x7e, parameters: [1n, 2n, 3n, 4n] };
  const file = buildTriageDump({ bits, cr3: 0x18_5000n, bugCheck, rip: high(0x8a00_1240n), build: 7601 }, truth);
  const open = async () => new Image('triage', await openBytes(file), { cache: false });

  it('give drivers, unloaded ones, the stack and pieces of memory', async () => {
    const { memory } = await open();
    expect(memory.format).toBe(`Windows crash dump (${bits} bit, triage)`);
    expect(memory.notes).toEqual(['a triage dump: no physical memory, 2 blocks of virtual memory']);
    const { drivers, unloadedDrivers, stack: found, read } = memory.windowsDump!.triage!;
    expect(drivers).toEqual(truth.drivers.map((driver) => ({ ...driver, checksum: 0 })));
    expect(unloadedDrivers).toEqual(truth.unloaded);
    expect(found.address).toBe(truth.stack.address);
    for (const { address, bytes } of truth.blocks) {
      const target = Buffer.alloc(bytes.length);
      expect(read(address, target)).toBe(bytes.length);
      expect(target.equals(bytes)).toBe(true);
    }
    expect(read(high(0x8000_0000n), Buffer.alloc(4))).toBe(0);
  });

  it('answer modules, unloadedmodules, pslist, threads and crashinfo', async () => {
    const image = await open();
    expect((await wholeRows<Row>(image, modules)).map(({ name, base }) => [name, base])).toEqual([
      ['ntoskrnl.exe', truth.drivers[0]!.base],
      ['bad.sys', truth.drivers[1]!.base],
    ]);
    expect(await wholeRows<Row>(image, unloadedmodules)).toEqual(truth.unloaded);
    const createTime = (CREATED - 116_444_736_000_000_000n) * 100n;
    const facts = { pid: 1234, ppid: 600, name: 'crashed.exe', threads: 7, createTime, offset: places.process };
    expect(await wholeRows<Row>(image, pslist)).toEqual([expect.objectContaining(facts)]);
    const started = { pid: 1234, tid: 1240, startAddress: high(0x8280_1000n), offset: places.thread };
    expect(await wholeRows<Row>(image, threads)).toEqual([expect.objectContaining(started)]);
    const said = await wholeRows<Row>(image, crashinfo);
    expect(said.filter(({ kind }) => kind === 'stack')).toEqual([
      { kind: 'stack', address: high(0x8a00_1234n), value: 'bad+0x1234', slot: truth.stack.address + 16n },
    ]);
  });

  it('open or are refused in one line wherever they are cut', async () => {
    for (let length = 0x1000; length < file.length; length += 97) {
      const opened = await openBytes(file.subarray(0, length)).catch((error: Error) => error);
      if (opened instanceof Error) expect(opened.name).toBe('UserError');
    }
  });
});
