/** A guest: a small JSON file that says what to boot and how. Its JSON Schema is in profiles-data/schema/guest.schema.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import { readWholeFile } from '../formats/sources/read-whole-file.js';

export interface GuestFile {
  readonly name: string;
  /** Paths, relative to the guest file: vmlinuz or vmlinux, and an initial root. */
  readonly kernel: string;
  readonly initrd?: string;
  readonly disks?: readonly string[];
  /** Kernel command line. */
  readonly append?: string;
  /** Bytes of memory. */
  readonly memory: number;
  readonly cpu: 64 | 32;
  /** Processes that are taken off the kernel's task list, as a rootkit would, when the guest has printed a text. */
  readonly hides?: readonly HiddenProcess[];
}

export interface HiddenProcess {
  /** The name (comm) of the process; of several the first. */
  readonly process: string;
  readonly after: string;
}

const SCHEMA = new URL('../../profiles-data/schema/guest.schema.json', import.meta.url);

/** Reads and checks a guest file; its paths come back absolute. Throws `UserError` naming what is wrong with it. */
export async function loadGuestFile(path: string): Promise<GuestFile> {
  const guest = await checked(parsed(readWholeFile(path), path), path);
  const folder = dirname(resolve(path));
  const absolute = (each: string) => resolve(folder, each);
  return {
    ...guest,
    kernel: absolute(guest.kernel),
    ...(guest.initrd === undefined ? {} : { initrd: absolute(guest.initrd) }),
    ...(guest.disks === undefined ? {} : { disks: guest.disks.map(absolute) }),
  };
}

/** Writes a guest file. Throws `UserError` when it would not be one, or cannot be written. */
export async function writeGuestFile(path: string, guest: GuestFile): Promise<void> {
  const text = `${JSON.stringify(await checked(guest, 'this guest'), null, 2)}\n`;
  try {
    makeFolder(dirname(resolve(path)));
    writeFileSync(path, text);
  } catch (error) {
    throw new UserError(`${path} cannot be written: ${(error as Error).message}`, 'name another file');
  }
}

function parsed(file: Buffer, path: string): unknown {
  try {
    return JSON.parse(file.toString('utf8'));
  } catch (error) {
    // V8 quotes the text, with its line ends.
    const reason = (error as Error).message.replace(/\s+/g, ' ');
    throw new UserError(`${path}: is no guest file, for it is no JSON: ${reason}`, 'make one with `guest create`');
  }
}

async function checked(value: unknown, name: string): Promise<GuestFile> {
  const { schemaViolations } = await import('../core/schema-violations.js');
  const wrong = schemaViolations(JSON.parse(readFileSync(SCHEMA, 'utf8')), value, 'guest');
  if (wrong !== undefined)
    throw new UserError(`${name}: ${wrong}`, 'correct the guest file, or make one with `guest create`');
  return value as GuestFile;
}
