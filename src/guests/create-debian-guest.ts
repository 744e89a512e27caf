/** Makes the demonstration guest out of Debian's packages: a kernel as it is shipped, busybox, and a script. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../core/errors.js';
import { anonymousCodeProgram } from './anonymous-code.js';
import { type ArchiveEntry, CHARACTER_DEVICE, cpioArchive, DIRECTORY, FILE } from './cpio-archive.js';
import {
  type DebianArchitecture,
  downloadPackage,
  guestFolder,
  kernelPackage,
  unpackPackage,
} from './debian-packages.js';
import { DEMO_HIDES, DEMO_INIT } from './demo-init.js';
import type { GuestFile } from './guest-file.js';

/** Kernel flavours by architecture; the i386 one is the one whose types come along with memlapse. */
const KERNELS = { amd64: 'linux-image-amd64', i386: 'linux-image-686-pae' } as const;
/** Modules that the guest loads: without dependencies, so that no module index is needed. */
const MODULES = ['dummy'];
const MEMORY = 256 * 1024 * 1024;
/** Counted up when what is in a guest changes, so that kept ones are made anew. */
const VERSION = 4;

/** Makes the guest unless it is kept, and returns the path of its guest file. Throws `UserError` when apt cannot help. */
export function createDebianGuest(architecture: DebianArchitecture, note: (text: string) => void): string {
  const kernel = kernelPackage(KERNELS[architecture], architecture);
  const name = `debian-${architecture}`;
  const folder = join(guestFolder(), `${name}-${kernel}-${VERSION}`);
  const path = join(folder, 'guest.json');
  if (existsSync(path)) return path;
  mkdirSync(guestFolder(), { recursive: true });
  const work = mkdtempSync(join(guestFolder(), '.making-'));
  try {
    const root = join(work, 'root');
    for (const each of [kernel, 'busybox-static']) {
      note(`unpacking ${each}`);
      unpackPackage(downloadPackage(each, architecture), root);
    }
    const made = join(work, 'guest');
    mkdirSync(made);
    const version = readdirSync(join(root, 'lib/modules'))[0] ?? '';
    writeFileSync(join(made, 'vmlinuz'), readFileSync(join(root, 'boot', `vmlinuz-${version}`)));
    writeFileSync(join(made, 'initrd.gz'), gzipSync(initialRoot(architecture, root)));
    const guest: GuestFile = {
      name,
      kernel: 'vmlinuz',
      initrd: 'initrd.gz',
      append: 'console=ttyS0 panic=-1 quiet',
      memory: MEMORY,
      cpu: architecture === 'amd64' ? 64 : 32,
      hides: DEMO_HIDES,
    };
    writeFileSync(join(made, 'guest.json'), `${JSON.stringify(guest, null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function initialRoot(architecture: DebianArchitecture, root: string): Uint8Array {
  const text = (name: string, data: string, mode: number): ArchiveEntry => ({
    name,
    mode: FILE | mode,
    data: Buffer.from(data),
  });
  const program = (name: string, data: Uint8Array): ArchiveEntry => ({ name, mode: FILE | 0x1ed, data });
  const folders = ['bin', 'dev', 'modules'].map((name) => ({ name, mode: DIRECTORY | 0x1ed }));
  return cpioArchive([
    ...folders,
    { name: 'dev/console', mode: CHARACTER_DEVICE | 0x180, device: [5, 1] },
    program('bin/busybox', readFileSync(busyboxIn(root))),
    program('bin/anonymous-code', anonymousCodeProgram(architecture)),
    text('init', DEMO_INIT, 0x1ed),
    text('modules/list', `${MODULES.join('\n')}\n`, 0x1a4),
    ...MODULES.map((name) => ({ name: `modules/${name}.ko`, mode: FILE | 0x1a4, data: moduleNamed(root, name) })),
  ]);
}

function busyboxIn(root: string): string {
  const found = ['bin/busybox', 'usr/bin/busybox'].map((path) => join(root, path)).find(existsSync);
  if (found === undefined)
    throw new UserError('the package busybox-static holds no busybox', 'update the package lists');
  return found;
}

function moduleNamed(root: string, name: string): Uint8Array {
  const files = readdirSync(join(root, 'lib/modules'), { recursive: true, encoding: 'utf8' });
  const file = files.find((each) => basename(each) === `${name}.ko`);
  if (file === undefined) throw new UserError(`the kernel package has no uncompressed module ${name}`);
  return readFileSync(join(root, 'lib/modules', file));
}
