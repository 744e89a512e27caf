/** A guest that does things and says so, made of Debian's kernel and busybox. Judge of what comparisons tell. */
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
import { UserError } from '../../src/core/errors.js';
import { planBoot } from '../../src/emulator/machine/boot/plan-boot.js';
import { Machine } from '../../src/emulator/machine/machine.js';
import { loadKernelDecompressors } from '../../src/emulator-host/kernel-decompressors.js';
import { CHARACTER_DEVICE, cpioArchive, DIRECTORY, FILE } from '../../src/guests/cpio-archive.js';
import {
  type DebianArchitecture,
  downloadPackage,
  guestFolder,
  kernelPackage,
  unpackPackage,
} from '../../src/guests/debian-packages.js';
import { eventProgram } from './event-program.js';
import { EVENT_SCRIPT } from './event-script.js';

const KERNELS = { amd64: 'linux-image-amd64', i386: 'linux-image-686-pae' } as const;
const MEMORY = 128 * 1024 * 1024;

interface Parts {
  readonly kernel: Uint8Array;
  readonly busybox: Uint8Array;
  readonly module: Uint8Array;
}

/** The guest's parts; a text when Debian's packages cannot be had here. */
export function guestParts(architecture: DebianArchitecture): Parts | string {
  try {
    return unpackedParts(architecture);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** Unpacking a kernel package takes seconds: the three files are kept beside it. */
function unpackedParts(architecture: DebianArchitecture): Parts {
  const kernel = kernelPackage(KERNELS[architecture], architecture);
  const folder = join(guestFolder(), `parts-${kernel}`);
  if (!existsSync(folder)) {
    mkdirSync(guestFolder(), { recursive: true });
    const work = mkdtempSync(join(guestFolder(), '.parts-'));
    try {
      const root = join(work, 'root');
      for (const each of [kernel, 'busybox-static']) unpackPackage(downloadPackage(each, architecture), root);
      const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
      const named = (pattern: RegExp) => readFileSync(join(root, files.find((file) => pattern.test(file)) ?? '?'));
      const made = join(work, 'made');
      mkdirSync(made);
      writeFileSync(join(made, 'vmlinuz'), named(/^boot\/vmlinuz-/));
      writeFileSync(join(made, 'busybox'), named(/(^|\/)bin\/busybox$/));
      writeFileSync(join(made, 'dummy.ko'), named(/\/dummy\.ko$/));
      renameSync(made, folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const part = (name: string) => readFileSync(join(folder, name));
  return { kernel: part('vmlinuz'), busybox: part('busybox'), module: part('dummy.ko') };
}

/** The guest in the emulator. `next` runs it to its next moment and returns what it has printed on the way. */
export async function bootEventGuest(architecture: DebianArchitecture, { kernel, busybox, module }: Parts) {
  const executable = FILE | 0x1ed;
  const folders = ['bin', 'dev', 'modules'].map((name) => ({ name, mode: DIRECTORY | 0x1ed }));
  const initrd = gzipSync(
    cpioArchive([
      ...folders,
      { name: 'dev/console', mode: CHARACTER_DEVICE | 0x180, device: [5, 1] },
      { name: 'bin/busybox', mode: executable, data: busybox },
      { name: 'bin/events', mode: executable, data: eventProgram(architecture) },
      { name: 'init', mode: executable, data: Buffer.from(EVENT_SCRIPT) },
      { name: `modules/${basename('dummy.ko')}`, mode: FILE | 0x1a4, data: module },
    ]),
    { level: 1 },
  );
  let printed: number[] = [];
  const machine = new Machine(
    { ramBytes: MEMORY, cpu: architecture === 'amd64' ? 64 : 32 },
    { serial: (_port, byte) => void printed.push(byte) },
  );
  const commandLine = 'console=ttyS0 panic=-1 quiet';
  const files = { kernel, initrd, commandLine, ramBytes: machine.ramBytes, rsdp: machine.rsdp };
  machine.boot(planBoot(files, await loadKernelDecompressors()));
  const next = (number: number): string => {
    printed = [];
    const outcome = machine.run({ text: { port: 0, text: `=MOMENT ${number}=` } });
    const text = Buffer.from(printed).toString('latin1');
    if (outcome.kind !== 'reached') throw new Error(`the guest ended: ${outcome.kind}\n${text}`);
    return text;
  };
  return { machine, next };
}
