/**
 * From the addresses of kallsyms' parts to the tables themselves.
 *
 * The addresses come from VMCOREINFO (kernels from 6.0 on name all six there) or from a search of the image's content
 * (`kallsyms-search.ts`). They are not trusted: what they lead to has to be a consistent table.
 */
import { InvariantError } from '../../core/errors.js';
import type { KallsymsAddresses, KallsymsTables } from './kallsyms.js';
import type { KernelImage } from './kernel-image.js';
import { type VmcoreInfo, vmcoreSymbol } from './vmcoreinfo.js';

/** Virtual addresses of the parts of kallsyms. */
export interface KallsymsLocation {
  readonly names: bigint;
  readonly numSyms: bigint;
  readonly tokenTable: bigint;
  readonly tokenIndex: bigint;
  /** The table that holds the addresses, and how: see `KallsymsAddresses`. */
  readonly values: bigint;
  readonly scheme: 'absolute' | 'base-relative' | 'place-relative';
  /** Where the base stands, under `base-relative`. */
  readonly relativeBase?: bigint;
}

export const TOKENS = 256;
/** Tokens are a handful of characters each; real tables have 800 to 1100 bytes. */
export const MAX_TOKEN_TABLE = 8192;
/** The largest distribution kernels have 220,000. */
export const MAX_SYMBOLS = 4_000_000;
const MAX_NAMES_BYTES = 64 * 1024 * 1024;

/** The addresses that VMCOREINFO names; undefined unless they are there. */
export function kallsymsLocation(info: VmcoreInfo): KallsymsLocation | undefined {
  const names = vmcoreSymbol(info, 'kallsyms_names');
  const numSyms = vmcoreSymbol(info, 'kallsyms_num_syms');
  const tokenTable = vmcoreSymbol(info, 'kallsyms_token_table');
  const tokenIndex = vmcoreSymbol(info, 'kallsyms_token_index');
  const values = vmcoreSymbol(info, 'kallsyms_offsets');
  const relativeBase = vmcoreSymbol(info, 'kallsyms_relative_base');
  if (names === undefined || numSyms === undefined || tokenTable === undefined) return undefined;
  if (tokenIndex === undefined || values === undefined) return undefined;
  const parts = { names, numSyms, tokenTable, tokenIndex, values };
  // The newest kernels have no base any more: an offset counts from where it stands itself.
  if (relativeBase === undefined) return { ...parts, scheme: 'place-relative' };
  return { ...parts, scheme: 'base-relative', relativeBase };
}

/** Reads the tables; undefined when they are not readable or don't hold together. */
export function readKallsyms(image: KernelImage, location: KallsymsLocation): KallsymsTables | undefined {
  const count = image.u32(location.numSyms);
  if (count === undefined || count === 0 || count > MAX_SYMBOLS) return undefined;
  const tokens = readTokens(image, location);
  const addresses = readAddresses(image, location, count);
  if (tokens === undefined || addresses === undefined) return undefined;
  // In every layout the names precede the tokens.
  const nameBytes = location.tokenTable - location.names;
  if (nameBytes <= 0n || nameBytes > MAX_NAMES_BYTES) return undefined;
  const names = image.bytes(location.names, Number(nameBytes));
  return { pointerSize: image.pointerSize, count, names, ...tokens, addresses };
}

function readAddresses(image: KernelImage, location: KallsymsLocation, count: number): KallsymsAddresses | undefined {
  const { values: start, scheme } = location;
  const size = scheme === 'absolute' ? image.pointerSize : 4;
  const bytes = image.bytes(start, count * size);
  if (bytes.length < count * size) return undefined;
  if (scheme === 'absolute') {
    const values = size === 8 ? new BigUint64Array(count) : new Uint32Array(count);
    copyBytes(bytes, values);
    return { kind: 'absolute', values };
  }
  const offsets = new Int32Array(count);
  copyBytes(bytes, offsets);
  if (scheme === 'place-relative') return { kind: 'place-relative', start, offsets };
  const base = location.relativeBase === undefined ? undefined : image.pointer(location.relativeBase);
  if (base === undefined) return undefined;
  // Plain distances are below 2 GiB; under ABSOLUTE_PERCPU all but the per-CPU symbols are negative.
  const kind = (offsets[count - 1] as number) < 0 ? 'absolute-percpu' : 'relative';
  return { kind, base, offsets };
}

function readTokens(
  image: KernelImage,
  { tokenTable, tokenIndex }: KallsymsLocation,
): Pick<KallsymsTables, 'tokenTable' | 'tokenIndex'> | undefined {
  const length = tokenIndex - tokenTable;
  if (length <= 0n || length > MAX_TOKEN_TABLE) return undefined;
  const table = image.bytes(tokenTable, Number(length));
  const indexBytes = image.bytes(tokenIndex, TOKENS * 2);
  if (table.length < Number(length) || indexBytes.length < TOKENS * 2) return undefined;
  const index = new Uint16Array(TOKENS);
  copyBytes(indexBytes, index);
  return tokensAgree(table, index) ? { tokenTable: table, tokenIndex: index } : undefined;
}

/** Whether each index points at the start of the next token, as `scripts/kallsyms.c` writes them. */
export function tokensAgree(table: Uint8Array, index: Uint16Array): boolean {
  let expected = 0;
  for (const start of index) {
    if (start !== expected) return false;
    const end = table.indexOf(0, start);
    if (end < 0) return false;
    expected = end + 1;
  }
  return true;
}

/** Little-endian bytes into a typed array at any alignment; the host is little-endian as well. */
export function copyBytes(from: Uint8Array, to: Int32Array | Uint16Array | Uint32Array | BigUint64Array): void {
  if (from.length < to.byteLength) throw new InvariantError('copyBytes: source shorter than target');
  new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(from.subarray(0, to.byteLength));
}
