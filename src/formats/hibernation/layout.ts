/**
 * Hibernation files (hiberfil.sys) as data. The header (PO_MEMORY_IMAGE) differs from release to release and says how long
 * it is, by which it is told apart. Nothing is read here.
 *
 * Sources: PO_MEMORY_IMAGE in Microsoft's public symbols; M. Suiche, "Sandman Project" (2008), and the Volatility project for
 * the tables of Windows XP to 7; J. Sylve, V. Marziale, G. Richard, "Modern Windows hibernation file analysis" (2016) and
 * the LeechCore project for Windows 8 and later.
 */

/** Of a file that waits to be resumed, and of one that was; upper case since Windows 8. */
export const SIGNATURES: readonly string[] = ['hibr', 'wake', 'rstr'];
export const SIGNATURE_BYTES = 4;
export const LENGTH_SELF = 0xc;

/** XP to 7: tables of page ranges, each followed by blocks with the pages. */
export interface RangeLayout {
  readonly length: number;
  readonly windows: string;
  readonly wordSize: 4 | 8;
  /** In the header: page of the first table. */
  readonly firstTable: number;
  /** In a table: page of the next one, how many ranges there are, and the first of them. */
  readonly nextTable: number;
  readonly count: number;
  readonly ranges: number;
  /** A range: its size, and where its first page and the page behind its last one are. */
  readonly rangeSize: number;
  readonly start: number;
  readonly end: number;
}

const xp = { wordSize: 4, nextTable: 4, count: 0xc, ranges: 0x10, rangeSize: 0x10, start: 4, end: 8 } as const;
const early64 = { wordSize: 8, nextTable: 8, count: 0x14, ranges: 0x20, rangeSize: 0x20, start: 8, end: 0x10 } as const;

/** Some releases have headers of one length: which it is then, the tables themselves tell. */
export const RANGE_LAYOUTS: readonly RangeLayout[] = [
  { length: 0xa8, windows: 'XP, 2003', firstTable: 0x58, ...xp },
  { length: 0xc0, windows: '2003 x64, XP x64', firstTable: 0x68, ...early64 },
  { length: 0xe0, windows: 'Vista', firstTable: 0x50, ...xp },
  { length: 0xf0, windows: 'Vista SP1', firstTable: 0x50, ...xp },
  {
    length: 0xf0,
    windows: 'Vista SP2',
    wordSize: 4,
    firstTable: 0x50,
    nextTable: 4,
    count: 8,
    ranges: 0xc,
    rangeSize: 8,
    start: 0,
    end: 4,
  },
  { length: 0x128, windows: 'Vista x64', firstTable: 0x68, ...early64 },
  { length: 0x140, windows: 'Vista SP1 x64', firstTable: 0x68, ...early64 },
  {
    length: 0x138,
    windows: 'Vista SP2 x64',
    wordSize: 8,
    firstTable: 0x68,
    nextTable: 8,
    count: 0x10,
    ranges: 0x18,
    rangeSize: 0x10,
    start: 0,
    end: 8,
  },
  {
    length: 0xe0,
    windows: '7',
    wordSize: 4,
    firstTable: 0x4c,
    nextTable: 0,
    count: 4,
    ranges: 8,
    rangeSize: 8,
    start: 0,
    end: 4,
  },
  {
    length: 0x128,
    windows: '7 x64',
    wordSize: 8,
    firstTable: 0x60,
    nextTable: 0,
    count: 8,
    ranges: 0x10,
    rangeSize: 0x10,
    start: 0,
    end: 8,
  },
];

/** "\x81\x81xpress": before each block of pages in files of XP to 7. */
export const BLOCK_MAGIC = [0x81, 0x81, 0x78, 0x70, 0x72, 0x65, 0x73, 0x73] as const;
export const BLOCK_HEADER_BYTES = 0x20;
export const PAGES_IN_BLOCK = 16;

/** 8 and later: two runs of compression sets, for the boot loader and for the kernel. All are offsets in the header. */
export interface SetLayout {
  readonly length: number;
  readonly windows: string;
  readonly wordSize: 4 | 8;
  /** Pages of the first run, and where it begins. */
  readonly loaderPages: number;
  readonly firstBootSet: number;
  /** The same of the second. */
  readonly kernelPages: number;
  readonly firstKernelSet: number;
}

const wide = { wordSize: 8, loaderPages: 0x58, firstBootSet: 0x68, firstKernelSet: 0x70 } as const;
const narrow = { wordSize: 4, loaderPages: 0x48, firstBootSet: 0x50, firstKernelSet: 0x54 } as const;

export const SET_LAYOUTS: readonly SetLayout[] = [
  { length: 0x360, windows: '8, 8.1 x64', ...wide, firstBootSet: 0x60, firstKernelSet: 0x68, kernelPages: 0x1c8 },
  { length: 0x3b0, windows: '10 1507 to 1511 x64', ...wide, kernelPages: 0x218 },
  { length: 0x3c8, windows: '10 1607 x64', ...wide, kernelPages: 0x220 },
  { length: 0x3d8, windows: '10 1703 to 1803 x64', ...wide, kernelPages: 0x230 },
  { length: 0x3e0, windows: '10 1809 to 22H2 x64', ...wide, kernelPages: 0x230 },
  { length: 0x448, windows: '11 to 23H2 x64, 2022', ...wide, kernelPages: 0x230 },
  { length: 0x4d8, windows: '11 24H2 x64', ...wide, kernelPages: 0x230 },
  { length: 0x2c8, windows: '8, 8.1', ...narrow, kernelPages: 0x1b0 },
  { length: 0x310, windows: '10 1507 to 1511', ...narrow, kernelPages: 0x1f8 },
  { length: 0x328, windows: '10 1607', ...narrow, kernelPages: 0x200 },
  { length: 0x338, windows: '10 1703 to 1803', ...narrow, kernelPages: 0x210 },
  { length: 0x340, windows: '10 1809 to 22H2', ...narrow, kernelPages: 0x210 },
];

/** The word before a set: number of descriptors, packed bytes, and how it is packed. */
export const setHeader = {
  descriptors: (word: number) => word & 0xff,
  bytes: (word: number) => (word >>> 8) & 0x3f_ffff,
  isHuffman: (word: number) => word >>> 31 === 1,
} as const;
/** A descriptor of consecutive pages: how many but one in its low 4 bits, the first one's frame above. */
export const setDescriptor = {
  pages: (word: bigint) => Number(word & 15n) + 1,
  frame: (word: bigint) => Number(word >> 4n),
} as const;
