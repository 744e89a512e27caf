/** The kept code for a guest: which blob it is, and when there is one at all. */
import { createHash } from 'node:crypto';
import type { Blobs } from '../blobs.js';
import { KeptCode } from './kept-code.js';
import { nativeCode } from './native-code.js';

/** Put in by the bundler: a digest of the emulator's modules. Code that another emulator generated must not be used. */
declare const EMULATOR_DIGEST: string | undefined;

/** Bytes of a kernel that tell it from others: a bzImage has its version there, an ELF file its layout. */
const KERNEL_HEAD = 65536;

/**
 * @param kernel the kernel's file; equal kernels share their code
 * @returns undefined where nothing is kept, and outside the bundle, where nobody knows which emulator this is
 */
export function openKeptCode(kernel: Uint8Array, cpu: string, blobs: Blobs): KeptCode | undefined {
  const emulator = typeof EMULATOR_DIGEST === 'undefined' ? undefined : EMULATOR_DIGEST;
  if (emulator === undefined || !blobs.isOn) return undefined;
  const guest = createHash('sha1').update(kernel.subarray(0, KERNEL_HEAD)).update(`${kernel.length} ${cpu}`);
  const key = `generated code: ${emulator} ${process.version} ${process.arch} ${guest.digest('hex')}`;
  return new KeptCode(blobs, key, () => nativeCode(blobs));
}
