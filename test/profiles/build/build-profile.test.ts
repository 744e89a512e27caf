/** Profiles from build files: a program stands in for the kernel, packed as distributions pack theirs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProfile } from '../../../src/profiles/build/build-profile.js';
import { isfProfile } from '../../../src/profiles/isf/isf-profile.js';
import { readIsf } from '../../../src/profiles/isf/read-isf.js';
import { stringifyIsf, writeIsf } from '../../../src/profiles/isf/write-isf.js';
import { type CompilerFacts, canCompile, withCompiled } from '../compiled-types.js';
import { judgeTypes } from '../compiled-types-judge.js';

const hasTool = (tool: string): boolean =>
  (spawnSync(tool, ['--version'], { stdio: 'ignore' }).error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT';

const BANNER = 'Linux version 6.1.0-test (nobody@nowhere) (gcc) #1 SMP 2024-01-01';

/** Enough symbols for a kernel; `object` is the program's own. */
const SYSTEM_MAP = Array.from({ length: 2000 }, (_, index) => {
  const address = (0xffff_ffff_8100_0000n + BigInt(index) * 16n).toString(16);
  return `${address} T function_${index}`;
}).join('\n');

describe.skipIf(!canCompile(['-g']))('buildProfile', () => {
  let directory: string;
  let facts: CompilerFacts;
  const at = (name: string): string => join(directory, name);
  const put = (name: string, bytes: string | Buffer): string => {
    writeFileSync(at(name), bytes);
    return at(name);
  };

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'memlapse-build-'));
    withCompiled(['-g', '-static-pie', `-DBANNER="${BANNER}"`], (executable, printed) => {
      facts = printed;
      put('vmlinux', readFileSync(executable));
    });
    put('System.map', `${SYSTEM_MAP}\n`);
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('takes types from DWARF and symbols from the ELF file', async () => {
    const profile = await buildProfile([at('vmlinux')]);
    judgeTypes(profile.types, facts);
    const printed = execFileSync('nm', [at('vmlinux')], { encoding: 'utf8' });
    for (const name of ['main', 'object', 'packed']) {
      const address = new RegExp(`^([0-9a-f]+) \\S ${name}$`, 'm').exec(printed)?.[1];
      expect([name, profile.symbols.address(name)]).toEqual([name, BigInt(`0x${address}`)]);
    }
    expect(profile.sources).toEqual([`types: DWARF of ${at('vmlinux')}`, 'symbols: ELF symbol table']);
  });

  it('prefers the symbols of a System.map, in whatever order the files are given', async () => {
    for (const paths of [
      [at('vmlinux'), at('System.map')],
      [at('System.map'), at('vmlinux')],
    ]) {
      const { symbols } = await buildProfile(paths);
      expect(symbols.address('function_7')).toBe(0xffff_ffff_8100_0070n);
      expect(symbols.address('main')).toBeUndefined();
    }
  });

  it.skipIf(!hasTool('pahole'))('takes types from a .BTF section where the DWARF is stripped', async () => {
    put('stripped', readFileSync(at('vmlinux')));
    execFileSync('pahole', ['-J', '--btf_gen_floats', at('stripped')]);
    execFileSync('objcopy', ['--strip-debug', at('stripped')]);
    const { types, sources } = await buildProfile([at('stripped')]);
    judgeTypes(types, facts, [15]);
    expect(sources[0]).toBe(`types: BTF of ${at('stripped')}`);
  });

  const PACKINGS: readonly (readonly [name: string, tool: string, pack: (kernel: Buffer) => Buffer])[] = [
    ['gzip', 'gzip', (kernel) => gzipSync(kernel)],
    // As the kernel's build does for x86: with the filter for its branches.
    ['xz', 'xz', (kernel) => filter('xz', ['--check=crc32', '--x86', '--lzma2=,dict=32MiB', '--stdout'], kernel)],
    ['zstd', 'zstd', (kernel) => filter('zstd', ['-22', '--ultra', '--stdout'], kernel)],
    ['lzma', 'xz', (kernel) => filter('xz', ['--format=lzma', '--stdout'], kernel)],
    ['lz4', 'lz4', (kernel) => filter('lz4', ['-l', '-9', '-', '-'], kernel)],
  ];

  it.each(PACKINGS)('unpacks a vmlinuz packed with %s', async (name, tool, pack) => {
    if (!hasTool(tool)) return;
    const path = put(
      `vmlinuz-${name}`,
      bzImage(pack(readFileSync(at('vmlinux'))), readFileSync(at('vmlinux')).length, name),
    );
    judgeTypes((await buildProfile([path])).types, facts);
  });

  it('says what is wrong with a damaged vmlinuz', async () => {
    const packed = gzipSync(readFileSync(at('vmlinux')));
    packed.fill(0x55, 1000, 2000);
    const path = put('damaged', bzImage(packed, readFileSync(at('vmlinux')).length, 'gzip'));
    await expect(buildProfile([path])).rejects.toThrow(/^the kernel in .*damaged cannot be unpacked/);
    const cut = put('cut', readFileSync(path).subarray(0, 600));
    await expect(buildProfile([cut])).rejects.toThrow(/^the kernel in .*cut is packed in an unknown way or damaged$/);
  });

  it.each(['gz', 'xz'])('takes both from a -dbg package (data.tar.%s)', async (suffix) => {
    if (!hasTool('tar') || !hasTool('ar') || (suffix === 'xz' && !hasTool('xz'))) return;
    const path = debianPackage(directory, suffix);
    const profile = await buildProfile([path]);
    judgeTypes(profile.types, facts);
    expect(profile.symbols.address('function_7')).toBe(0xffff_ffff_8100_0070n);
  });

  it('refuses what has no types, or is nothing of a kernel', async () => {
    await expect(buildProfile([at('System.map')])).rejects.toThrow(/^there are no types in /);
    await expect(buildProfile([put('text', 'hello world\n')])).rejects.toThrow(
      /text is no vmlinux, vmlinuz, System.map, Debian package or program database/,
    );
    // What Debian's image packages have under that name.
    const stub = 'ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n';
    await expect(buildProfile([put('stub', stub)])).rejects.toThrow(/has 0 symbols, a kernel has tens of thousands$/);
    await expect(buildProfile([put('empty', '')])).rejects.toThrow(/is no vmlinux/);
  });

  it('writes a symbol file that reads back the same, and moves its symbols to where they were linked', async () => {
    const profile = { ...(await buildProfile([at('vmlinux'), at('System.map')])), banner: BANNER };
    const shift = 0x1000_0000n;
    const moved = [...profile.symbols.symbols()].map((symbol) => ({ ...symbol, address: symbol.address + shift }));
    const banner = { name: 'linux_banner', address: 0xffff_ffff_8200_0000n + shift };
    const percpu = { name: 'percpu', address: 0x1000n };
    const lowest = 0xffff_ffff_8000_0000n;
    const file = writeIsf(profile, { shift, lowest, symbols: [...moved, banner, percpu] });
    const read = isfProfile(readIsf(put('symbols.json', stringifyIsf(file))));
    judgeTypes(read.types, facts);
    expect(read.banner).toBe(BANNER);
    expect(read.release).toBe('6.1.0-test');
    expect(read.symbols.address('function_7')).toBe(0xffff_ffff_8100_0070n);
    expect(read.symbols.address('percpu')).toBe(0x1000n);
    const names = [...profile.types.structNames()];
    const differing = names.filter((name) => {
      const [before, after] = [profile.types.struct(name), read.types.struct(name)];
      return before?.size !== after?.size || before?.fields.size !== after?.fields.size;
    });
    expect(differing).toEqual([]);
  });
});

function filter(command: string, args: readonly string[], input: Buffer): Buffer {
  return execFileSync(command, args, { input, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] });
}

/** A boot sector with a setup header of protocol 2.15, one sector of setup, and the payload (Documentation/arch/x86/boot.rst). */
function bzImage(payload: Buffer, size: number, format: string): Buffer {
  const setup = Buffer.alloc(1024);
  setup[0x1f1] = 1;
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x20f, 0x206);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(size);
  // gzip ends in the size by itself.
  const data = format === 'gzip' ? payload : Buffer.concat([payload, length]);
  setup.writeUInt32LE(0x100, 0x248);
  setup.writeUInt32LE(data.length, 0x24c);
  return Buffer.concat([setup, Buffer.alloc(0x100, 0xcc), data]);
}

/** A package with vmlinux and System.map where Debian's -dbg packages have them. */
function debianPackage(directory: string, suffix: string): string {
  const tree = join(directory, `tree-${suffix}`);
  const boot = join(tree, 'usr/lib/debug/boot');
  mkdirSync(boot, { recursive: true });
  // A path too long for a tar header's name field.
  mkdirSync(join(tree, 'usr/share', 'x'.repeat(120)), { recursive: true });
  writeFileSync(join(tree, 'usr/share', 'x'.repeat(120), 'vmlinux-not-this-one'), 'short');
  writeFileSync(join(boot, 'vmlinux-6.1.0-test'), readFileSync(join(directory, 'vmlinux')));
  writeFileSync(join(boot, 'System.map-6.1.0-test'), readFileSync(join(directory, 'System.map')));
  const data = `data.tar.${suffix}`;
  execFileSync('tar', ['--auto-compress', '-cf', join(directory, data), '-C', tree, '.']);
  execFileSync('tar', ['-czf', join(directory, 'control.tar.gz'), '-T', '/dev/null']);
  writeFileSync(join(directory, 'debian-binary'), '2.0\n');
  const path = join(directory, `kernel-${suffix}.deb`);
  execFileSync('ar', ['rc', path, 'debian-binary', 'control.tar.gz', data], { cwd: directory });
  return path;
}
