/**
 * How an instruction was written: its prefix bytes in order, REX, ModRM and SIB. The decoder keeps what an instruction
 * means; text also shows what it was spelled like (a prefix without effect, a zero displacement).
 */

export interface Encoding {
  /** Legacy prefixes in the order in which they stand. */
  readonly prefixes: readonly number[];
  /** 0 for none. */
  readonly rex: number;
  /** The first opcode byte after the escapes. */
  readonly opcode: number;
  /** The byte after the opcode, which is ModRM where the row says so; -1 at the end of the bytes. */
  readonly modrm: number;
  readonly sib: number;
}

const LEGACY_PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

/** Reads the fixed parts of the instruction that `bytes` holds. A REX that does not stand last counts for nothing. */
export function readEncoding(bytes: Uint8Array, wide: boolean): Encoding {
  const prefixes: number[] = [];
  let rex = 0;
  let at = 0;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (LEGACY_PREFIXES.has(byte)) {
      prefixes.push(byte);
      rex = 0;
    } else if (wide && (byte & 0xf0) === 0x40) rex = byte;
    else break;
  }
  if (bytes[at] === 0x0f) at += bytes[at + 1] === 0x38 || bytes[at + 1] === 0x3a ? 2 : 1;
  return { prefixes, rex, opcode: bytes[at] ?? -1, modrm: bytes[at + 1] ?? -1, sib: bytes[at + 2] ?? -1 };
}
