/**
 * Writes kallsyms as the kernel's build does, in every layout that it had, from nothing but the description in
 * `scripts/kallsyms.c`'s history: the other side of the reader, sharing no code with it.
 */

export interface KallsymsImageOptions {
  readonly pointerSize: 4 | 8;
  readonly scheme: 'absolute' | 'relative' | 'absolute-percpu';
  /** Where the addresses stand: before the names (until 6.3) or behind the tokens. */
  readonly order: 'addresses-first' | 'addresses-last';
  /** Bytes of a marker: 4 since 4.20, else a pointer's. */
  readonly markerSize: 4 | 8;
  /** 6.2 and 6.3 have another table between markers and tokens. */
  readonly sequences?: boolean;
  readonly base: bigint;
}

export interface ImageSymbol {
  readonly name: string;
  readonly kind: string;
  readonly address: bigint;
}

/** The tables, and where each begins in `bytes`. */
export interface KallsymsImage {
  readonly bytes: Buffer;
  readonly at: Readonly<Record<'values' | 'relativeBase' | 'numSyms' | 'names' | 'tokenTable' | 'tokenIndex', number>>;
}

/** Frequent parts of names get the codes that no name uses, as the kernel's build does; letters stand for themselves. */
const TOKENS: readonly string[] = Array.from({ length: 256 }, (_, code) => {
  const letter = String.fromCharCode(code);
  if (/[A-Za-z0-9_.$]/.test(letter)) return letter;
  return ['sys_', 'get_', '_init', 'struct', 'lock', 'T__', 'tab', 'str_'][code % 8] as string;
});

export function kallsymsImage(symbols: readonly ImageSymbol[], options: KallsymsImageOptions): KallsymsImage {
  const { pointerSize, order } = options;
  const parts: Buffer[] = [];
  const at: Record<string, number> = {};
  let length = 0;
  const put = (label: string | undefined, bytes: Buffer): void => {
    const padding = (pointerSize - (length % pointerSize)) % pointerSize;
    parts.push(Buffer.alloc(padding), bytes);
    if (label !== undefined) at[label] = length + padding;
    length += padding + bytes.length;
  };
  const names = symbols.map(({ kind, name }) => compress(kind + name));
  const putAddresses = (): void => {
    put('values', values(symbols, options));
    if (options.scheme !== 'absolute') put('relativeBase', pointer(options.base, pointerSize));
  };
  // Something else of the kernel's comes first, so that nothing starts at 0.
  put(undefined, Buffer.from('rodata before the table, with digits 0123456789 in it\0', 'latin1'));
  if (order === 'addresses-first') putAddresses();
  put('numSyms', pointer(BigInt(symbols.length), pointerSize));
  put('names', Buffer.concat(names));
  put(undefined, markers(names, options.markerSize));
  if (options.sequences) put(undefined, Buffer.alloc(3 * symbols.length, 7));
  put('tokenTable', Buffer.from(`${TOKENS.join('\0')}\0`, 'latin1'));
  put('tokenIndex', tokenIndex());
  if (order === 'addresses-last') putAddresses();
  put(undefined, Buffer.from('rodata behind', 'latin1'));
  return { bytes: Buffer.concat(parts), at: at as KallsymsImage['at'] };
}

/** Length (two bytes from 128 on, as since 6.1), then tokens, longest first. */
function compress(text: string): Buffer {
  const codes: number[] = [];
  for (let position = 0; position < text.length; ) {
    let best = text.charCodeAt(position);
    let bestLength = 1;
    for (const [code, token] of TOKENS.entries()) {
      if (token.length > bestLength && text.startsWith(token, position)) {
        best = code;
        bestLength = token.length;
      }
    }
    codes.push(best);
    position += bestLength;
  }
  const size = codes.length < 128 ? [codes.length] : [(codes.length & 0x7f) | 0x80, codes.length >> 7];
  return Buffer.from([...size, ...codes]);
}

function values(symbols: readonly ImageSymbol[], { scheme, pointerSize, base }: KallsymsImageOptions): Buffer {
  if (scheme === 'absolute') return Buffer.concat(symbols.map(({ address }) => pointer(address, pointerSize)));
  const bytes = Buffer.alloc(symbols.length * 4);
  for (const [index, { address }] of symbols.entries()) {
    const percpu = scheme === 'absolute-percpu' && address < base;
    const value = percpu ? address : scheme === 'absolute-percpu' ? base - 1n - address : address - base;
    bytes.writeInt32LE(Number(BigInt.asIntN(32, value)), index * 4);
  }
  return bytes;
}

function markers(names: readonly Buffer[], size: 4 | 8): Buffer {
  const starts: bigint[] = [];
  let at = 0;
  for (const [index, name] of names.entries()) {
    if (index % 256 === 0) starts.push(BigInt(at));
    at += name.length;
  }
  return Buffer.concat(starts.map((start) => pointer(start, size)));
}

function tokenIndex(): Buffer {
  const bytes = Buffer.alloc(512);
  let at = 0;
  for (const [code, token] of TOKENS.entries()) {
    bytes.writeUInt16LE(at, code * 2);
    at += token.length + 1;
  }
  return bytes;
}

function pointer(value: bigint, size: 4 | 8): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.subarray(0, size);
}
