/** A guest: a small JSON file that says what to boot and how. Its JSON Schema is in profiles-data/schema/guest.schema.json. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../core/errors.js';

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
}

const SCHEMA = new URL('../../profiles-data/schema/guest.schema.json', import.meta.url);

/** Reads and checks a guest file; its paths come back absolute. Throws `UserError` naming what is wrong with it. */
export async function loadGuestFile(path: string): Promise<GuestFile> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path} cannot be read as a guest: ${(error as Error).message}`, 'make one with guest create');
  }
  const { Ajv } = await import('ajv');
  const ajv = new Ajv({ allErrors: true });
  const validate = ajv.compile<GuestFile>(JSON.parse(readFileSync(SCHEMA, 'utf8')));
  if (!validate(value)) {
    throw new UserError(`${path}: ${ajv.errorsText(validate.errors, { dataVar: 'guest' })}`, 'mend it');
  }
  const folder = dirname(resolve(path));
  const absolute = (each: string) => resolve(folder, each);
  return {
    ...value,
    kernel: absolute(value.kernel),
    ...(value.initrd === undefined ? {} : { initrd: absolute(value.initrd) }),
    ...(value.disks === undefined ? {} : { disks: value.disks.map(absolute) }),
  };
}
