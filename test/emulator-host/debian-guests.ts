/**
 * Debian kernels with the test initramfs, where somebody has built them: MEMLAPSE_GUESTS names a folder with one folder
 * a kernel (vmlinuz, initrd.gz).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface DebianGuest {
  readonly kernel: string;
  readonly initrd: string;
}

/** Undefined when it has not been built. */
export function debianGuest(name: 'amd64-6.1' | 'amd64-6.12' | 'i386-686' | 'i386-686-pae'): DebianGuest | undefined {
  const folder = process.env.MEMLAPSE_GUESTS;
  if (folder === undefined) return undefined;
  const guest = { kernel: join(folder, name, 'vmlinuz'), initrd: join(folder, name, 'initrd.gz') };
  return existsSync(guest.kernel) && existsSync(guest.initrd) ? guest : undefined;
}
