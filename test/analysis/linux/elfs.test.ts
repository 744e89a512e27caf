import { expect, it } from 'vitest';
import elfs from '../../../src/analysis/linux/elfs.js';
import libraries from '../../../src/analysis/linux/libraries.js';
import { readElf } from '../../../src/formats/elf/elf-file.js';
import { bufferSource } from '../../../src/formats/sources/buffer-source.js';
import { byNumber, onEveryImage } from '../on-every-image.js';
import { userTruth } from './standing.js';

const PT_LOAD = 1;
const PF_X = 1;
const PF_W = 2;

/** Collects extracted files whole. */
function collector() {
  const files = new Map<string, Buffer>();
  const extract = (name: string, chunks: Iterable<{ offset: number; bytes: Uint8Array }>) => {
    let file = Buffer.alloc(4 * 1024 * 1024);
    let size = 0;
    for (const { offset, bytes } of chunks) {
      size = Math.max(size, offset + bytes.length);
      if (size > file.length) file = Buffer.concat([file, Buffer.alloc(size)]);
      file.set(bytes, offset);
    }
    files.set(name, file.subarray(0, size));
    return name;
  };
  return { files, extract };
}

onEveryImage('elfs', (opened) => {
  it('finds the program of every process and the vDSO, nothing missing', async () => {
    const rows = byNumber(await opened().rows(elfs), 'pid');
    for (const { pid, exe, maps } of userTruth(opened().truth)) {
      const program = maps!.find(({ path, offset }) => path === exe && offset === 0n)!;
      const vdso = maps!.find(({ path }) => path === '[vdso]')!;
      const found = rows.get(pid)?.map(({ start, path, type, missing }) => ({ start, path, type, missing }));
      expect(found).toEqual([
        { start: program.start, path: exe, type: 'executable', missing: 0 },
        { start: vdso.start, path: '[vdso]', type: 'shared', missing: 0 },
      ]);
    }
  });

  it('rebuilds programs whose segments are those that the kernel loaded', async () => {
    const { files, extract } = collector();
    const truth = userTruth(opened().truth).filter(({ pid }) => pid !== 1);
    const rows = await opened().rows(elfs, { pid: truth.map(({ pid }) => pid), dump: true }, { extract });
    for (const { pid, exe, stat } of truth) {
      const row = rows.find((each) => each.pid === pid && each.path === exe)!;
      const file = readElf(bufferSource(files.get(row.file!)!))!;
      const loads = file.segments.filter(({ type }) => type === PT_LOAD);
      // load_elf_binary (fs/binfmt_elf.c): code is what may be executed, data ends with the last bytes from the file.
      const code = loads.filter(({ flags }) => (flags & PF_X) !== 0);
      const data = loads.filter(({ flags }) => (flags & PF_W) !== 0);
      expect(code.map(({ virtual, fileSize }) => [virtual, virtual + BigInt(fileSize)])).toEqual([
        [stat.startCode, stat.endCode],
      ]);
      expect(data.map(({ virtual, fileSize }) => [virtual, virtual + BigInt(fileSize)])).toEqual([
        [stat.startData, stat.endData],
      ]);
      expect(file.header.sectionOffset).toBe(0);
    }
  });

  it('rebuilds the same code from every process that runs the same program', async () => {
    const { files, extract } = collector();
    const rows = await opened().rows(elfs, { dump: true }, { extract });
    const programs = new Map<string, typeof rows>();
    for (const row of rows) programs.set(row.path!, [...(programs.get(row.path!) ?? []), row]);
    expect(programs.get('/bin/zoo')!.length).toBeGreaterThan(8);
    for (const sharing of programs.values()) {
      const parts = sharing.map(({ file }) => {
        const bytes = files.get(file!)!;
        const elf = readElf(bufferSource(bytes))!;
        return elf.segments
          .filter(({ type, flags }) => type === PT_LOAD && (flags & PF_W) === 0)
          .map(({ offset, fileSize }) => bytes.subarray(offset, offset + fileSize).toString('latin1'));
      });
      expect(new Set(parts.map((part) => part.join())).size).toBe(1);
    }
    // A string of the program's source.
    const [zoo] = programs.get('/bin/zoo')!;
    expect(files.get(zoo!.file!)!.includes('[kworker/9:9-ev]')).toBe(true);
  });
});

onEveryImage('libraries', (opened) => {
  it('finds only the vDSO in static programs, which have no loader', async () => {
    const rows = await opened().rows(libraries);
    const truth = userTruth(opened().truth).map(({ pid, maps }) => ({
      pid,
      base: maps!.find(({ path }) => path === '[vdso]')!.start,
    }));
    const standing = new Set(truth.map(({ pid }) => pid));
    const found = rows.filter(({ pid }) => standing.has(Number(pid)));
    expect(found.map(({ pid, base }) => ({ pid, base })).sort((a, b) => Number(a.pid) - Number(b.pid))).toEqual(truth);
    expect(new Set(rows.map(({ path, listed }) => `${path} ${listed}`))).toEqual(new Set(['[vdso] undefined']));
  });
});
