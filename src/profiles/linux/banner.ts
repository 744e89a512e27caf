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

/**
 * The banner, without the newline; empty when there is none.
 *
 * @param release only of this kernel, when it is known
 * @param symbol address of `linux_banner`, when it is known; without it the image is searched
 */
export function findBanner(image: KernelImage, textStart: bigint, release?: string, symbol?: bigint): string {
  if (symbol !== undefined) {
    const text = lineAt(image, symbol);
    if (isBanner(text)) return text;
  }
  const start = image.physical(textStart);
  if (start === undefined) return '';
  const beginning = release === undefined ? 'Linux version ' : `Linux version ${release} (`;
  let fallback = '';
  for (const at of scanPhysical(image.memory, Buffer.from(beginning, 'latin1'), start, start + IMAGE_REACH)) {
    const text = lineAt(image, image.virtual(at));
    if (isBanner(text)) return text;
    if (fallback === '' && /^Linux version \d/.test(text)) fallback = text;
  }
  return fallback;
}

const isBanner = (text: string): boolean => /^Linux version \d.* #\d/.test(text);

function lineAt(image: KernelImage, address: bigint): string {
  return image.text(address, MAX_BANNER).split('\n', 1)[0] ?? '';
}

/** `6.1.0-50-amd64` out of a banner; empty when it has none. */
export function releaseOf(banner: string): string {
  return /^Linux version (\S+)/.exec(banner)?.[1] ?? '';
}
