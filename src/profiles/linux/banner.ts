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

/** The banner, without the newline; empty when there is none. Of kernel `release` only, when that is known. */
export function findBanner(image: KernelImage, textStart: bigint, release?: string): string {
  const start = image.physical(textStart);
  if (start === undefined) return '';
  const beginning = release === undefined ? 'Linux version ' : `Linux version ${release} (`;
  let fallback = '';
  for (const at of scanPhysical(image.memory, Buffer.from(beginning, 'latin1'), start, start + IMAGE_REACH)) {
    const text = image.text(image.virtual(at), MAX_BANNER).split('\n', 1)[0] ?? '';
    if (!/^Linux version \d/.test(text)) continue;
    if (/ #\d/.test(text)) return text;
    if (fallback === '') fallback = text;
  }
  return fallback;
}

/** `6.1.0-50-amd64` out of a banner; empty when it has none. */
export function releaseOf(banner: string): string {
  return /^Linux version (\S+)/.exec(banner)?.[1] ?? '';
}
