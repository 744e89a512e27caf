/**
 * The guest with the process zoo of `../shared/guest`: its programs and its /init as they are, in an initial root of
 * our own making, kept with the other guests. Beside them lies what is typed at its shell (`zoo-moments.ts`).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../src/core/errors.js';
import { CHARACTER_DEVICE, cpioArchive, DIRECTORY, FILE, SYMBOLIC_LINK } from '../../src/guests/cpio-archive.js';
import { downloadPackage, guestFolder, unpackPackage } from '../../src/guests/debian-packages.js';
import type { GuestFile } from '../../src/guests/guest-file.js';
import {
  architectureOf,
  type DebianKernel,
  debianKernel,
  type Flavour,
  modulesInOrder,
} from '../support/debian-kernel.js';
import { hasDebianTool } from '../support/debian-tool.js';
import { ZOO_MOMENTS } from './zoo-moments.js';

const SOURCE = resolve(process.env.MEMLAPSE_GUEST ?? join(import.meta.dirname, '../../../shared/guest'));
/** What its build script puts into the image; what these depend on comes with them, but for what they ask for by name. */
const MODULES = ['crc32c_generic', 'loop', 'dm-mod', 'veth', 'ext4', 'nf_tables'];
const MEMORY = 256 * 1024 * 1024;

/** The guest, made where it is not kept; a text when it cannot be made here. */
export function zooGuest(flavour: Flavour): GuestFile | string {
  if (!existsSync(join(SOURCE, 'zoo.c'))) return `no ${SOURCE}`;
  const kernel = debianKernel(flavour);
  if (kernel === undefined) return 'no Debian kernel';
  const source = ['init', 'zoo.c'].map((name) => readFileSync(join(SOURCE, name), 'utf8'));
  const version = createHash('sha256')
    .update(JSON.stringify([source, ZOO_MOMENTS]))
    .digest('hex')
    .slice(0, 12);
  const initrd = join(guestFolder(), `zoo-${kernel.name}-${version}.gz`);
  if (!existsSync(initrd)) {
    const reason = makeInitialRoot(kernel, source[0] as string, initrd);
    if (reason !== undefined) return reason;
  }
  const append = 'console=ttyS0 panic=-1 quiet shell';
  return { name: 'zoo', kernel: kernel.vmlinuz, initrd, append, memory: MEMORY, cpu: 64 };
}

/** The reason why not, if it cannot be made. */
function makeInitialRoot(kernel: DebianKernel, init: string, path: string): string | undefined {
  const architecture = architectureOf(kernel.flavour);
  mkdirSync(guestFolder(), { recursive: true });
  const work = mkdtempSync(join(guestFolder(), '.zoo-'));
  try {
    const zoo = compiled(architecture === 'amd64' ? '-m64' : '-m32', work);
    if (zoo === undefined) return 'no gcc for it, or no C library to link with';
    unpackPackage(downloadPackage('bash-static', architecture), work);
    const program = (name: string, data: Uint8Array) => ({ name, mode: FILE | 0o755, data });
    const modules = modulesInOrder(kernel, MODULES);
    const archive = cpioArchive([
      ...['bin', 'dev', 'mods'].map((name) => ({ name, mode: DIRECTORY | 0o755 })),
      { name: 'dev/console', mode: CHARACTER_DEVICE | 0o600, device: [5, 1] },
      { name: 'dev/ttyS0', mode: CHARACTER_DEVICE | 0o600, device: [4, 64] },
      program('bin/busybox', kernel.busybox),
      { name: 'bin/sh', mode: SYMBOLIC_LINK | 0o777, data: Buffer.from('busybox') },
      program('bin/bash', readFileSync(join(work, 'bin/bash-static'))),
      program('bin/zoo', zoo),
      program('init', Buffer.from(init)),
      program('moments', Buffer.from(ZOO_MOMENTS)),
      ...[...modules].map(([name, data]) => ({ name: `mods/${name}.ko`, mode: FILE | 0o644, data })),
      { name: 'mods.list', mode: FILE | 0o644, data: Buffer.from([...modules.keys(), ''].join('\n')) },
    ]);
    writeFileSync(join(work, 'initrd'), gzipSync(archive, { level: 1 }));
    renameSync(join(work, 'initrd'), path);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The zoo's program; undefined when it cannot be compiled here, not even after installing what it takes. */
function compiled(word: '-m64' | '-m32', work: string): Uint8Array | undefined {
  if (!hasDebianTool('gcc', 'gcc')) return undefined;
  const target = join(work, 'zoo');
  const compile = () =>
    spawnSync('gcc', [word, '-O2', '-static', '-pthread', '-w', '-o', target, join(SOURCE, 'zoo.c')]).status === 0;
  const install = () => {
    if (process.getuid?.() !== 0) return false;
    const packages = ['libc6-dev', ...(word === '-m32' ? ['gcc-multilib'] : [])];
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 240_000 };
    return spawnSync('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...packages], options).status === 0;
  };
  return compile() || (install() && compile()) ? readFileSync(target) : undefined;
}
