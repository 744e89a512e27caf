import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import crashinfo from '../../../src/analysis/common/crashinfo.js';
import { Image } from '../../../src/analysis/image.js';
import { UserError } from '../../../src/core/errors.js';
import { openMemory } from '../../../src/formats/open-image.js';
import { wholeRows } from '../../analysis/test-kernels.js';
import { images } from '../../ground-truth/images.js';
import { buildBitmapDump, buildFullDump } from '../builders/crashdump.js';
import { guestRange, plainGuest } from '../builders/guest.js';
import { expectGuest, openBytes } from '../open-bytes.js';

const guest = [guestRange(0x1000, 0x9f000), guestRange(0x100000, 0x180000)];
const bugCheck = { code: 0x1000007e, parameters: [1n, 2n, 3n, 4n] };

describe.each([32, 64] as const)('crash dumps of %i bits', (bits) => {
  const rip = bits === 64 ? 0xffff_f804_7bdf_5a80n : 0x8080_1234n;

  it('give the memory of full dumps', async () => {
    const memory = await openBytes(buildFullDump(guest, { bits, cr3: 0x1ad000n, pae: true, bugCheck, rip }));
    expect(memory.format).toBe(`Windows crash dump (${bits} bit, full)`);
    expectGuest(memory, guest);
    expect(memory.notes).toEqual([]);
    expect(memory.registers).toEqual([{ cr3: 0x1ad000n, cr4: 0x20n, rip }]);
    expect(memory.windowsDump).toMatchObject({
      kind: 'full',
      build: 19041,
      processors: 2,
      bugCheck,
      upTime: 3_000_000_000n,
      systemTime: BigInt(Date.UTC(2021, 1, 21, 1, 38, 22)) * 1_000_000n,
    });
  });

  it('give the memory of dumps with a bitmap', async () => {
    const memory = await openBytes(buildBitmapDump(guest, 0x200, { bits, cr3: 0x1ad000n }));
    expect(memory.format).toBe(`Windows crash dump (${bits} bit, bitmap kernel)`);
    expectGuest(memory, guest);
    expect(memory.notes).toEqual([]);
  });

  it.each([
    [5, 'FDMP', 'bitmap full'],
    [6, 'SDMP', 'bitmap kernel'],
    [7, 'SDMP', 'automatic'],
    [1, 'SDMP', 'full'],
  ])('go by the bitmap, whatever the header calls them (%i, %s)', async (type, signature, name) => {
    const memory = await openBytes(buildBitmapDump(guest, 0x200, { bits, cr3: 0x1ad000n }, { type, signature }));
    expect(memory.format).toBe(`Windows crash dump (${bits} bit, ${name})`);
    expectGuest(memory, guest);
    expect(memory.notes).toEqual([]);
  });

  it('say what truncated ones lack', async () => {
    const missing = 0x3000;
    for (const whole of [
      buildFullDump(plainGuest, { bits, cr3: 0n }),
      buildBitmapDump(plainGuest, 0x200, { bits, cr3: 0n }),
    ]) {
      const memory = await openBytes(whole.subarray(0, whole.length - missing));
      expect(memory.notes).toEqual([`the file is truncated: ${missing} bytes of memory are missing`]);
      expect(memory.end).toBe(0x200000 - missing);
    }
  });

  it('are refused in one line where nothing can be made of them', async () => {
    const whole = buildFullDump(guest, { bits, cr3: 0n });
    const headerBytes = bits === 64 ? 0x2000 : 0x1000;
    const patched = (offset: number, value: number) => {
      const copy = Buffer.from(whole);
      copy.writeUInt32LE(value, offset);
      return copy;
    };
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [whole.subarray(0, 0x800), /ends inside its header/],
      [whole.subarray(0, headerBytes), /without memory/],
      // The count of runs; the dump's type.
      [patched(bits === 64 ? 0x88 : 0x64, 0xffff_ffff), /list of memory runs/],
      [patched(bits === 64 ? 0x88 : 0x64, 0), /list of memory runs/],
      [patched(bits === 64 ? 0xf98 : 0xf88, 3), /kind that is not read \(header\)/],
    ];
    for (const [file, message] of cases) {
      const refused = openBytes(file).then((memory) => memory.close());
      await expect(refused).rejects.toThrow(UserError);
      await expect(refused).rejects.toThrow(message);
    }
  });
});

/** Facts of `expected.txt`, which an independent tool read from the same file. */
interface Expected {
  number(name: string): bigint;
  /** The stack frames: a function and the decimal distance into it. */
  readonly frames: readonly { readonly name: string; readonly offset: number }[];
}

function parseExpected(text: string): Expected {
  const block = text.slice(text.indexOf('x64:'), text.indexOf('arm64:'));
  const number = (name: string) => BigInt(new RegExp(`\\b${name} (0x[0-9a-f]+)`).exec(block)?.[1] ?? -1);
  const frames = [...block.matchAll(/(\w[\w.]*)\+(\d+)/g)].map(([, name, offset]) => ({
    name: name as string,
    offset: Number(offset),
  }));
  return { number, frames };
}

const triage = images().find(({ files }) => files.includes('triage.dmp'));

describe.skipIf(triage === undefined)('a real triage dump (skipped when there is none)', () => {
  async function open() {
    const expected = parseExpected(await readFile(await triage!.file('expected.txt'), 'utf8'));
    const image = new Image('triage', await openMemory(await triage!.file('triage.dmp')), { cache: false });
    return { expected, image, dump: image.memory.windowsDump! };
  }

  it('says what an independent tool reads in it', async () => {
    const { expected, dump } = await open();
    expect(dump).toMatchObject({
      kind: 'triage',
      build: Number(expected.number('build')),
      directoryTableBase: expected.number('dtb'),
      pfnDatabase: expected.number('PfnDataBase'),
      loadedModuleList: expected.number('PsLoadedModuleList'),
      activeProcessHead: expected.number('PsActiveProcessHead'),
      debuggerData: expected.number('KdDebuggerDataBlock'),
      processors: Number(expected.number('NumberProcessors')),
    });
    expect(BigInt(dump.bugCheck.code)).toBe(expected.number('BugCheckCode'));
    expect(BigInt(dump.triage?.drivers.length ?? 0)).toBe(expected.number('DriverCount'));
    expect(BigInt(dump.triage?.blocks.length ?? 0)).toBe(expected.number('DataBlocksCount'));
    expect(dump.exception.address).toBe(expected.number('rip'));
    expect(dump.triage?.stack.address).toBe(expected.number('rsp'));
    expect(new Set(dump.triage?.drivers.map(({ base }) => base)).size).toBe(dump.triage?.drivers.length);
  });

  it('says where to look instead when a kernel is asked for', async () => {
    const { image } = await open();
    await expect(image.requireKernel()).rejects.toMatchObject({
      message: 'no kernel was found in triage',
      hint: expect.stringMatching(/^pslist, threads, modules and crashinfo answer /),
    });
  });

  it('says what ran: the process, its thread, and what the other processors did', async () => {
    const { image, dump } = await open();
    type CrashRow = { kind?: string; name?: string; address?: bigint; value?: string };
    const rows = await wholeRows<CrashRow>(image, crashinfo);
    const of = (kind: string) => rows.filter((row) => row.kind === kind);
    // The stack begins in PspSystemThreadStartup: a thread of System, by a worker of the executive.
    expect(of('process')).toMatchObject([{ name: 'System', value: expect.stringMatching(/^pid 4, \d+ threads$/) }]);
    const symbols = JSON.parse(
      await readFile(await triage!.file('5278AFF86C341677D7D7835C85B7B844-1.json'), 'utf8'),
    ).symbols;
    const worker = `ntoskrnl+0x${symbols.ExpWorkerThread.address.toString(16)}`;
    expect(of('thread')).toMatchObject([{ name: '264', value: `started at ${worker}` }]);
    expect(of('processor').map(({ name }) => name)).toEqual(Array.from({ length: dump.processors }, (_, n) => `${n}`));
    expect(of('processor')[0]?.value).toBe('running');
    expect(of('processor').filter(({ value }) => value === 'idle').length).toBeGreaterThan(8);
  });

  it('has the return addresses of its frames on the stack, in their order', async () => {
    const { expected, image } = await open();
    const symbols = JSON.parse(
      await readFile(await triage!.file('5278AFF86C341677D7D7835C85B7B844-1.json'), 'utf8'),
    ).symbols;
    const rows = await wholeRows<{ kind?: string; value?: string }>(image, crashinfo);
    const stack = rows.filter(({ kind }) => kind === 'stack').map(({ value }) => value);
    const frames = expected.frames.flatMap(({ name, offset }) =>
      symbols[name] === undefined ? [] : [`ntoskrnl+0x${(symbols[name].address + offset).toString(16)}`],
    );
    expect(frames.length).toBeGreaterThanOrEqual(8);
    let from = 0;
    for (const frame of frames) {
      const at = stack.indexOf(frame, from);
      expect(at, `${frame} behind row ${from}`).toBeGreaterThanOrEqual(from);
      from = at + 1;
    }
  });

  it('reads the pieces of virtual memory that it carries', async () => {
    const { dump } = await open();
    const { blocks, read } = dump.triage!;
    for (const { address, size } of blocks) expect(read(address, new Uint8Array(size))).toBe(size);
    // KDDEBUGGER_DATA64 (wdbgexts.h): its tag, and what the header says too.
    const word = (offset: bigint) => {
      const bytes = Buffer.alloc(8);
      expect(read(dump.debuggerData + offset, bytes)).toBe(8);
      return bytes.readBigUInt64LE();
    };
    expect(word(0x10n) & 0xffff_ffffn).toBe(BigInt(Buffer.from('KDBG').readUInt32LE()));
    expect(word(0x18n)).toBe(dump.triage?.drivers[0]?.base);
    expect(word(0x48n)).toBe(dump.loadedModuleList);
    expect(word(0x50n)).toBe(dump.activeProcessHead);
  });

  it('opens or is refused in one line wherever it is cut', async () => {
    const bytes = await readFile(await triage!.file('triage.dmp'));
    for (const length of [8, 0x1000, 0x2000, 0x2040, 0x10900, 0x15e00, 0x19500, 0x40000, bytes.length - 1]) {
      try {
        const memory = await openBytes(bytes.subarray(0, length));
        const drivers = memory.windowsDump?.triage?.drivers.length ?? 0;
        if (length < 0x15d18) expect(drivers).toBeLessThan(151);
        memory.close();
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  });
});
