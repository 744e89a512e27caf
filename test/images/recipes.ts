/**
 * What is made: the guests, the images and the dump formats, as data. Nothing here runs anything.
 */

/** A kernel package of Debian that a guest is built from. */
export interface GuestRecipe {
  readonly kernelPackage: string;
  /** Debian's architecture name. */
  readonly arch: 'amd64' | 'i386';
}

/** How one format is had from a stopped guest, or from files made before it. */
export type FormatRecipe =
  | { readonly by: 'dump-guest-memory'; readonly file: string; readonly format: string; readonly paging: boolean }
  | { readonly by: 'savevm'; readonly file: string }
  | { readonly by: 'migrate'; readonly file: string }
  | { readonly by: 'compact-elf-header'; readonly file: string; readonly from: string }
  | { readonly by: 'makedumpfile'; readonly file: string; readonly from: string; readonly options: readonly string[] };

/** One stopped guest: one directory, one moment, as many files of the same memory as `formats` names. */
export interface ImageRecipe {
  readonly guest: string;
  readonly qemu: 'qemu-system-x86_64' | 'qemu-system-i386';
  readonly mebibytes: number;
  readonly qemuOptions: readonly string[];
  readonly kernelCommandLine: string;
  readonly formats: readonly FormatRecipe[];
}

export const guestRecipes: Readonly<Record<string, GuestRecipe>> = {
  'amd64-6.1': { kernelPackage: 'linux-image-6.1.0-50-amd64', arch: 'amd64' },
  'amd64-6.12': { kernelPackage: 'linux-image-6.12-amd64', arch: 'amd64' },
  'i386-686': { kernelPackage: 'linux-image-686', arch: 'i386' },
  'i386-686-pae': { kernelPackage: 'linux-image-686-pae', arch: 'i386' },
};

const elf: FormatRecipe = { by: 'dump-guest-memory', file: 'mem.elf', format: 'elf', paging: false };
const elfPaging: FormatRecipe = { by: 'dump-guest-memory', file: 'mem.paging.elf', format: 'elf', paging: true };
const kdumpFlat: FormatRecipe = {
  by: 'dump-guest-memory',
  file: 'mem.kdump-zlib.flat',
  format: 'kdump-zlib',
  paging: false,
};
/** `makedumpfile -R` writes the plain form of the flattened file that it reads from its standard input. */
const kdumpPlain: FormatRecipe = {
  by: 'makedumpfile',
  file: 'mem.kdump-zlib',
  from: 'mem.kdump-zlib.flat',
  options: ['-R'],
};
/**
 * The same memory as makedumpfile writes it: lzo pages, and filtered (`-d 31`: no zero, cache, user or free pages) as
 * crash kernels commonly do. It needs the VMCOREINFO note. Debian's build has neither snappy nor zstd.
 */
const recompressed: readonly FormatRecipe[] = [
  { by: 'compact-elf-header', file: 'mem.vmcore.elf', from: 'mem.elf' },
  { by: 'makedumpfile', file: 'mem.kdump-lzo', from: 'mem.vmcore.elf', options: ['-l', '-d', '0'] },
  { by: 'makedumpfile', file: 'mem.kdump-lzo-d31', from: 'mem.vmcore.elf', options: ['-l', '-d', '31'] },
  { by: 'makedumpfile', file: 'mem.kdump-zlib-d31', from: 'mem.vmcore.elf', options: ['-c', '-d', '31'] },
  { by: 'makedumpfile', file: 'mem.d31.elf', from: 'mem.vmcore.elf', options: ['-E', '-d', '31'] },
];

const amd64: Omit<ImageRecipe, 'kernelCommandLine'> = {
  guest: 'amd64-6.1',
  qemu: 'qemu-system-x86_64',
  mebibytes: 256,
  qemuOptions: [],
  formats: [],
};
const i386: Omit<ImageRecipe, 'guest' | 'formats'> = {
  qemu: 'qemu-system-i386',
  mebibytes: 192,
  qemuOptions: [],
  kernelCommandLine: '',
};

export const imageRecipes: Readonly<Record<string, ImageRecipe>> = {
  'amd64-6.1': {
    ...amd64,
    kernelCommandLine: '',
    formats: [
      elf,
      elfPaging,
      kdumpFlat,
      kdumpPlain,
      { by: 'savevm', file: 'savevm.qcow2' },
      { by: 'migrate', file: 'mem.migration' },
    ],
  },
  'amd64-6.1-nokaslr': { ...amd64, kernelCommandLine: 'nokaslr' },
  'amd64-6.1-pti': { ...amd64, kernelCommandLine: 'pti=on' },
  'amd64-6.1-la57': { ...amd64, qemuOptions: ['-cpu', 'qemu64,+la57'], kernelCommandLine: '' },
  'amd64-6.1-vmcoreinfo': {
    ...amd64,
    qemuOptions: ['-device', 'vmcoreinfo'],
    kernelCommandLine: '',
    formats: [elf, kdumpFlat, kdumpPlain, ...recompressed],
  },
  'amd64-6.1-4g': { ...amd64, mebibytes: 4096, kernelCommandLine: '', formats: [elf] },
  'amd64-6.12': { ...amd64, guest: 'amd64-6.12', kernelCommandLine: '' },
  'i386-686': { ...i386, guest: 'i386-686', formats: [] },
  'i386-686-pae': { ...i386, guest: 'i386-686-pae', formats: [elf, elfPaging, kdumpFlat, kdumpPlain] },
};
