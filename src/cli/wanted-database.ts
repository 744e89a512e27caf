/** Which program database is wanted: the one that is named, or that of the kernel in an image. */
import { UsageError, UserError } from '../core/errors.js';
import { openMemory } from '../formats/open-image.js';
import { type PdbIdentity, parseIdentity } from '../profiles/pdb/symbol-path.js';
import { findWindowsKernel } from '../profiles/windows/find-windows-kernel.js';

/** Throws `UserError` when the image has no Windows kernel, or one without a debug record. */
export async function wantedDatabase(named: string | undefined, image: string | undefined): Promise<PdbIdentity> {
  if (named !== undefined) {
    const identity = parseIdentity(named);
    if (identity !== undefined) return identity;
    throw new UsageError(
      `${named} does not identify a program database`,
      'write it like ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B844-1',
    );
  }
  const memory = await openMemory(image ?? '');
  try {
    const kernel = findWindowsKernel(memory, 'quick') ?? findWindowsKernel(memory, 'thorough');
    if (kernel === undefined)
      throw new UserError(`${image} holds no Windows kernel`, 'check what the image is of with `memlapse info`');
    if (kernel.pdb === undefined) {
      throw new UserError(
        `the kernel in ${image} names no program database, or that part of it is not in memory`,
        'name the database itself',
      );
    }
    return kernel.pdb;
  } finally {
    memory.close();
  }
}
