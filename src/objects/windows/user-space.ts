/** Where the memory of programs ends. */
import { readPointer } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';

/** By default: 2 GiB, and the lower half of 48 bits. Booted with /3GB the kernel says otherwise. */
const DEFAULT_END = { 4: 0x8000_0000n, 8: 0x8000_0000_0000n } as const;

/** First address behind the part of the address space that programs have. */
export function userEnd(kernel: WindowsKernel): bigint {
  const variable = kernel.address('MmHighestUserAddress');
  const highest = variable === undefined ? undefined : readPointer(kernel, variable);
  const standard = DEFAULT_END[kernel.profile.pointerSize];
  return highest !== undefined && highest > standard ? highest + 1n : standard;
}
