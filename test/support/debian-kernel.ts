/**
 * Debian's kernels for tests: fetched with apt where they are not kept, unpacked once, booted with an initial root that the
 * test gives. What apt cannot fetch is a reason to skip, not to fail.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../src/core/errors.js';
import { type ArchiveEntry, CHARACTER_DEVICE, cpioArchive, DIRECTORY, FILE } from '../../src/guests/cpio-archive.js';
import {
  type DebianArchitecture,
  downloadPackage,
  guestFolder,
  kernelPackage,
  unpackPackage,
} from '../../src/guests/debian-packages.js';

export type Flavour = 'amd64' | '686' | '686-pae';

export interface DebianKernel {
  readonly flavour: Flavour;
  /** Package name, which holds the version. */
  readonly name: string;
  /** Path of the bzImage. */
  readonly vmlinuz: string;
  readonly busybox: Uint8Array;
  /** The contents of a module file. */
  module(name: string): Uint8Array;
}

export const architectureOf = (flavour: Flavour): DebianArchitecture => (flavour === 'amd64' ? 'amd64' : 'i386');

function unpacked(kernel: string, architecture: DebianArchitecture): string {
  const folder = join(guestFolder(), `test-${kernel}`);
  if (existsSync(folder)) return folder;
  mkdirSync(guestFolder(), { recursive: true });
  const work = mkdtempSync(join(guestFolder(), '.unpacking-'));
  try {
    for (const name of [kernel, 'busybox-static']) unpackPackage(downloadPackage(name, architecture), work);
    renameSync(work, folder);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    // Somebody else was faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** apt fetches i386 packages only where dpkg knows the architecture; where we may, we say it. */
function knowI386(): void {
  if (process.getuid?.() !== 0) return;
  const { stdout } = spawnSync('dpkg', ['--print-foreign-architectures'], { encoding: 'utf8' });
  if (!/^i386$/m.test(stdout ?? '')) spawnSync('dpkg', ['--add-architecture', 'i386']);
}

/** The kernel, or undefined (and a line that says why) when apt cannot help. */
export function debianKernel(flavour: Flavour): DebianKernel | undefined {
  const architecture = architectureOf(flavour);
  if (architecture === 'i386') knowI386();
  try {
    const name = kernelPackage(`linux-image-${flavour}`, architecture);
    const root = unpacked(name, architecture);
    const version = readdirSync(join(root, 'lib/modules'))[0] ?? '';
    const busybox = ['bin/busybox', 'usr/bin/busybox'].map((path) => join(root, path)).find(existsSync);
    return {
      flavour,
      name,
      vmlinuz: join(root, 'boot', `vmlinuz-${version}`),
      busybox: readFileSync(busybox ?? ''),
      module: (wanted) => {
        const files = readdirSync(join(root, 'lib/modules'), { recursive: true, encoding: 'utf8' });
        const file = files.find((each) => basename(each) === `${wanted}.ko`) ?? '';
        return readFileSync(join(root, 'lib/modules', file));
      },
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.log(`skipped: no Debian kernel ${flavour} (${error.message})`);
    return undefined;
  }
}

/** Module files by name, each behind those that it depends on by its own `depends=` (.modinfo). */
export function modulesInOrder(
  kernel: DebianKernel,
  names: readonly string[],
  all = new Map<string, Uint8Array>(),
): Map<string, Uint8Array> {
  for (const name of names) {
    if (all.has(name)) continue;
    const data = kernel.module(name);
    const needs = /\0depends=([\w,-]*)\0/.exec(Buffer.from(data).toString('latin1'))?.[1] ?? '';
    modulesInOrder(kernel, needs === '' ? [] : needs.split(','), all);
    all.set(name, data);
  }
  return all;
}

/** A compressed initial root: busybox, a console, `/init` and whatever else is given. */
export function initialRoot(
  kernel: DebianKernel,
  init: string,
  programs: Readonly<Record<string, Uint8Array>> = {},
): Buffer {
  const program = (name: string, data: Uint8Array): ArchiveEntry => ({ name, mode: FILE | 0o755, data });
  return gzipSync(
    cpioArchive([
      ...['bin', 'dev', 'proc', 'sys', 'tmp'].map((name) => ({ name, mode: DIRECTORY | 0o755 })),
      { name: 'dev/console', mode: CHARACTER_DEVICE | 0o600, device: [5, 1] },
      program('bin/busybox', kernel.busybox),
      program('init', Buffer.from(init)),
      ...Object.entries(programs).map(([name, data]) => program(name, data)),
    ]),
    { level: 1 },
  );
}
