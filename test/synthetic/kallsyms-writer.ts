/**
 * Writes kallsyms as scripts/kallsyms.c of Linux 6.1 does: offsets and base first, then names as token numbers, markers,
 * tokens and their index. Few names are longer than a token, so the compression is a token sheet given beforehand.
 */

export interface SymbolToWrite {
  readonly name: string;
  readonly address: bigint;
  /** nm's letter. */
  readonly kind: string;
}

/** The parts, each to be placed in this order and aligned to a pointer. */
export interface KallsymsParts {
  readonly kallsyms_offsets: Buffer;
  readonly kallsyms_relative_base: Buffer;
  readonly kallsyms_num_syms: Buffer;
  readonly kallsyms_names: Buffer;
  readonly kallsyms_markers: Buffer;
  readonly kallsyms_token_table: Buffer;
  readonly kallsyms_token_index: Buffer;
}

const TOKENS = 256;
/** Tokens of several characters take codes that no character of a name has. */
const LONG_TOKENS = ['__', 'sys_', 'init_', 'task', '_table', 'mod', 'start', 'stop', 'Tinit', 'D__'];
const FIRST_LONG = 0x80;
const NAMES_PER_MARKER = 256;

/** All symbols must lie at or above the lowest of them; i386 and amd64 alike. */
export function writeKallsyms(pointerSize: 4 | 8, symbols: readonly SymbolToWrite[]): KallsymsParts {
  const sorted = [...symbols].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  const base = sorted[0]?.address ?? 0n;
  const offsets = Buffer.alloc(sorted.length * 4);
  const names: Buffer[] = [];
  const markers: number[] = [];
  let length = 0;
  sorted.forEach(({ name, address, kind }, index) => {
    // ABSOLUTE_PERCPU: base - 1 - offset, so that nothing but per-CPU symbols is positive.
    offsets.writeInt32LE(Number(base - 1n - address), index * 4);
    if (index % NAMES_PER_MARKER === 0) markers.push(length);
    const codes = compress(kind + name);
    const entry = Buffer.from(
      codes.length < 0x80 ? [codes.length, ...codes] : [(codes.length & 0x7f) | 0x80, codes.length >> 7, ...codes],
    );
    names.push(entry);
    length += entry.length;
  });
  const tokens = Array.from(
    { length: TOKENS },
    (_, code) => LONG_TOKENS[code - FIRST_LONG] ?? (code > 0x20 && code < 0x7f ? String.fromCharCode(code) : ''),
  );
  const index = Buffer.alloc(TOKENS * 2);
  let at = 0;
  tokens.forEach((token, code) => {
    index.writeUInt16LE(at, code * 2);
    at += token.length + 1;
  });
  return {
    kallsyms_offsets: offsets,
    kallsyms_relative_base: word(pointerSize, base),
    kallsyms_num_syms: word(pointerSize, BigInt(sorted.length)),
    kallsyms_names: Buffer.concat(names),
    kallsyms_markers: Buffer.from(Uint32Array.from(markers).buffer),
    kallsyms_token_table: Buffer.from(tokens.map((token) => `${token}\0`).join(''), 'latin1'),
    kallsyms_token_index: index,
  };
}

function compress(text: string): number[] {
  const codes: number[] = [];
  for (let at = 0; at < text.length; ) {
    const long = LONG_TOKENS.findIndex((token) => text.startsWith(token, at));
    codes.push(long < 0 ? text.charCodeAt(at) : FIRST_LONG + long);
    at += long < 0 ? 1 : (LONG_TOKENS[long] ?? '').length;
  }
  return codes;
}

function word(pointerSize: 4 | 8, value: bigint): Buffer {
  const bytes = Buffer.alloc(pointerSize);
  if (pointerSize === 8) bytes.writeBigUInt64LE(value);
  else bytes.writeUInt32LE(Number(value));
  return bytes;
}
