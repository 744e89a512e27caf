import { expect, it } from 'vitest';
import { runPlugin, SILENT_IO } from '../../../src/analysis/run-plugin.js';
import dlllist from '../../../src/analysis/windows/dlllist.js';
import iat from '../../../src/analysis/windows/iat.js';
import ldrmodules from '../../../src/analysis/windows/ldrmodules.js';
import pedump from '../../../src/analysis/windows/pedump.js';
import suspiciousThreads from '../../../src/analysis/windows/suspicious-threads.js';
import unhooked from '../../../src/analysis/windows/unhooked-syscalls.js';
import verinfo from '../../../src/analysis/windows/verinfo.js';
import type { Row } from '../../../src/core/columns.js';
import { peExports } from '../../../src/formats/pe/exports.js';
import { PeImage } from '../../../src/formats/pe/pe-image.js';
import type { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import { mappedImage } from '../../../src/objects/windows/mapped-image.js';
import { processes } from '../../../src/objects/windows/processes.js';
import { patchedMemory } from '../patched-memory.js';
import { onReactOS } from './on-reactos.js';

const NOTEPAD = 1052;

onReactOS('images of programs', (opened) => {
  const spaceOf = (pid: number) => {
    const { kernel } = opened();
    const process = [...processes(kernel)].find((each) => each.num('UniqueProcessId') === pid);
    return kernel.processSpace(process!)!;
  };

  it('are mapped where the lists of the loader say, and nowhere else', async () => {
    const { rows } = opened();
    const images = await rows(ldrmodules);
    const listed = (await rows(dlllist)).map(({ pid, base }) => `${pid} ${base}`);
    expect(
      images
        .filter(({ mapped }) => mapped)
        .map(({ pid, base }) => `${pid} ${base}`)
        .sort(),
    ).toEqual(listed.sort());
    expect(images.filter(({ mapped, inLoad, inMemory }) => !(mapped && inLoad && inMemory))).toEqual([]);
    // Programs are not initialised by the loader.
    const uninitialised = images.filter(({ inInit }) => !inInit);
    expect(uninitialised.every(({ path }) => /\.exe$/i.test(path ?? ''))).toBe(true);
    expect(uninitialised).toHaveLength(new Set(images.map(({ pid }) => pid)).size);
  });

  it('import what the libraries export, at their addresses', async () => {
    const { rows } = opened();
    const space = spaceOf(NOTEPAD);
    const bases = new Map(
      (await rows(dlllist, { pid: [NOTEPAD] })).map(({ name, base }) => [name?.toLowerCase(), base]),
    );
    const imports = await rows(iat, { pid: [NOTEPAD], all: true });
    expect(imports.length).toBeGreaterThan(3000);
    let compared = 0;
    const tables = new Map<string, Map<string, bigint>>();
    for (const { library, function: name, target, module } of imports) {
      const base = bases.get(library?.toLowerCase());
      // Functions that a library forwards lead into another one.
      if (base === undefined || name === undefined || module?.toLowerCase() !== library?.toLowerCase()) continue;
      let table = tables.get(library!.toLowerCase());
      if (table === undefined) {
        const entries = peExports(mappedImage(space, BigInt(base))!);
        table = new Map(entries.map((each) => [each.name, BigInt(base) + BigInt(each.rva)]));
        tables.set(library!.toLowerCase(), table);
      }
      // Names that are paged out are missing in the table.
      if (!table.has(name)) continue;
      expect(target, `${library}!${name}`).toBe(table.get(name));
      compared++;
    }
    expect(compared).toBeGreaterThan(2500);
  });

  it('import nothing that lies outside of images', async () => {
    const all = await opened().rows(iat, { all: true });
    expect(all.length).toBeGreaterThan(40_000);
    expect(all.filter(({ suspicious }) => suspicious)).toEqual([]);
    const drivers = await opened().rows(iat, { kernel: true });
    expect(drivers.length).toBeGreaterThan(1000);
    const { kernel } = opened();
    const exported = new Map(
      peExports(kernel.location.image).map(({ name, rva }) => [name, kernel.location.base + BigInt(rva)]),
    );
    const ofKernel = drivers.filter(
      ({ library, function: name }) => /^ntoskrnl/i.test(library!) && exported.has(name!),
    );
    expect(ofKernel.length).toBeGreaterThan(500);
    for (const { image, function: name, target } of ofKernel) {
      expect(target, `${image} ${name}`).toBe(exported.get(name!));
    }
  });

  it('say that they are of this release of ReactOS', async () => {
    const infos = (await opened().rows(verinfo)).filter(({ company }) => company === 'ReactOS Development Team');
    expect(infos.length).toBeGreaterThan(100);
    // Some libraries call themselves as the Windows does that they stand in for.
    expect(new Set(infos.map(({ productVersion }) => productVersion))).toEqual(new Set(['0.4.13.0', '6.0.6000.0']));
    const notepad = infos.find(({ pid, name }) => pid === NOTEPAD && name === 'notepad.exe');
    expect(notepad).toMatchObject({ originalName: 'notepad.exe' });
  });

  it('are written back as files with the same headers, sections and exports', async () => {
    const { image, rows } = opened();
    const files = new Map<string, Uint8Array>();
    const extract = (name: string | readonly string[], parts: Iterable<{ offset: number; bytes: Uint8Array }>) => {
      let file = new Uint8Array(0);
      for (const { offset, bytes } of parts) {
        if (offset + bytes.length > file.length) {
          const grown = new Uint8Array(offset + bytes.length);
          grown.set(file);
          file = grown;
        }
        file.set(bytes, offset);
      }
      files.set(String(name), file);
      return String(name);
    };
    const io = { ...SILENT_IO, extract };
    const dumped: { base: bigint; file: string }[] = [];
    for await (const { row } of runPlugin(pedump as never, image, { pid: [NOTEPAD] }, io)) dumped.push(row as never);
    expect(dumped.map(({ base }) => base)).toEqual((await rows(dlllist, { pid: [NOTEPAD] })).map(({ base }) => base));
    for (const { base, file } of dumped) {
      const bytes = files.get(file)!;
      const inMemory = mappedImage(spaceOf(NOTEPAD), base)!;
      const last = inMemory.headers.sections.reduce((end, each) => Math.max(end, each.rawOffset + each.rawSize), 0);
      expect(bytes.length, file).toBe(last);
      // The file as a loader would map it.
      const mapped = new Uint8Array(inMemory.headers.imageSize);
      mapped.set(bytes.subarray(0, inMemory.headers.headersSize));
      for (const { rva, rawOffset, rawSize } of inMemory.headers.sections) {
        mapped.set(bytes.subarray(rawOffset, rawOffset + Math.min(rawSize, mapped.length - rva)), rva);
      }
      const reread = PeImage.open((rva, length) => mapped.slice(rva, rva + length))!;
      expect(reread.headers).toEqual(inMemory.headers);
      const names = new Set(peExports(reread).map(({ name }) => name));
      expect(peExports(inMemory).filter(({ name }) => !names.has(name))).toEqual([]);
    }
  });

  it('have the system calls of ntdll unchanged, until one process is changed', async () => {
    const { image, kernel, rows } = opened();
    expect(await rows(unhooked)).toEqual([]);
    const space = spaceOf(NOTEPAD);
    const ntdll = (await rows(dlllist, { pid: [NOTEPAD] })).find(({ name }) => name === 'ntdll.dll')!;
    const exported = peExports(mappedImage(space, BigInt(ntdll.base!))!);
    const stub = exported.find(
      ({ name, rva }) => name === 'NtClose' && space.view(BigInt(ntdll.base!) + BigInt(rva), 5),
    )!;
    // The page is shared, so that the process gets one of its own: its page table leads to another frame.
    const address = BigInt(ntdll.base!) + BigInt(stub.rva);
    const entryAt = pageTableEntry(kernel, space.root, address);
    const frame = freeFrame(kernel);
    const original = space.view(address & ~0xfffn, 4096)!.slice();
    original.set([0xe9, 1, 2, 3, 4], Number(address & 0xfffn));
    const patched = patchedMemory(image.memory, [
      { physical: frame * 4096, bytes: [...original] },
      { physical: entryAt, bytes: [0x25, (frame << 4) & 0xff, (frame >> 4) & 0xff, (frame >> 12) & 0xff] },
    ]);
    const changed = kernel.over(patched);
    const found = [...(unhooked.rows(changed, {}, SILENT_IO) as Iterable<Row>)];
    expect(found).toEqual([expect.objectContaining({ function: 'NtClose', pid: NOTEPAD })]);
    expect(String(found[0]?.code).startsWith('e901020304')).toBe(true);
  });

  it('are where all threads of programs began', async () => {
    expect(await opened().rows(suspiciousThreads)).toEqual([]);
  });
});

/** Physical address of the entry of a 32-bit page table. */
function pageTableEntry(kernel: WindowsKernel, root: number, address: bigint): number {
  const word = new Uint8Array(4);
  kernel.memory.read(root + Number(address >> 22n) * 4, word);
  const table = new DataView(word.buffer).getUint32(0, true) & ~0xfff;
  return (table >>> 0) + Number((address >> 12n) & 0x3ffn) * 4;
}

/** A page frame that is all zeroes. */
function freeFrame(kernel: WindowsKernel): number {
  for (let frame = kernel.memory.end / 4096 - 1; frame > 0; frame--) {
    if (kernel.memory.page(frame)?.every((byte) => byte === 0)) return frame;
  }
  throw new Error('no free frame');
}
