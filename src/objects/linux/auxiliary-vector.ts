/**
 * The auxiliary vector: what the kernel told a program when it started it. The kernel keeps a copy (`mm.saved_auxv`).
 *
 * Source: include/uapi/linux/auxvec.h, arch/x86/include/uapi/asm/auxvec.h, 4.14 to 6.12.
 */
import type { StructView } from '../struct-view.js';

export interface AuxiliaryEntry {
  readonly type: number;
  /** `AT_…` without the prefix, lower case; undefined for types without a name. */
  readonly name: string | undefined;
  readonly value: bigint;
  /** Whether the value is the address of a string. */
  readonly isText: boolean;
}

const NAMES: Readonly<Record<number, string>> = {
  1: 'ignore',
  2: 'execfd',
  3: 'phdr',
  4: 'phent',
  5: 'phnum',
  6: 'pagesz',
  7: 'base',
  8: 'flags',
  9: 'entry',
  10: 'notelf',
  11: 'uid',
  12: 'euid',
  13: 'gid',
  14: 'egid',
  15: 'platform',
  16: 'hwcap',
  17: 'clktck',
  23: 'secure',
  24: 'base_platform',
  25: 'random',
  26: 'hwcap2',
  27: 'rseq_feature_size',
  28: 'rseq_align',
  29: 'hwcap3',
  30: 'hwcap4',
  31: 'execfn',
  32: 'sysinfo',
  33: 'sysinfo_ehdr',
  51: 'minsigstksz',
};

const TEXTS = new Set(['platform', 'base_platform', 'execfn']);

/** The entries of an `mm_struct`, up to AT_NULL; undefined when unreadable. */
export function auxiliaryVector(mm: StructView): AuxiliaryEntry[] | undefined {
  const words = mm.pointers('saved_auxv');
  if (words === undefined) return undefined;
  const entries: AuxiliaryEntry[] = [];
  for (let index = 0; index + 1 < words.length; index += 2) {
    const type = Number(words[index]);
    if (type === 0) break;
    const name = NAMES[type];
    entries.push({ type, name, value: words[index + 1]!, isText: name !== undefined && TEXTS.has(name) });
  }
  return entries;
}
