/**
 * The kernel's `Linux version …` line, read from the kernel image.
 *
 * Images hold several copies (the log buffer's, format strings, and a build-time one that has no build number after
 * the `#`): the one in rodata with a build number is `linux_banner`.
 */

import type { KernelImage } from './kernel-image.js';
import { scanPhysical } from './scan-physical.js';

const MAX_BANNER = 1024;
/** Text and rodata of the largest kernels end within this distance of `_stext`. */
const IMAGE_REACH = 64 * 1024 * 1024;

/** The banner of kernel `release`, without the newline; empty when there is none. */
export function findBanner(image: KernelImage, textStart: bigint, release: string): string {
  const start = image.physical(textStart);
  if (start === undefined) return '';
  const pattern = Buffer.from(`Linux version ${release} (`, 'latin1');
  let fallback = '';
  for (const at of scanPhysical(image.memory, pattern, start, start + IMAGE_REACH)) {
    const text = image.text(image.virtual(at), MAX_BANNER).split('\n', 1)[0] ?? '';
    if (/ #\d/.test(text)) return text;
    if (fallback === '') fallback = text;
  }
  return fallback;
}
