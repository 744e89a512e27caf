/**
 * The x86 branch filter of XZ (xz-file-format.txt 5.3.2), backwards: call and jump targets, which were made absolute
 * so that they compress better, become relative again. A byte of an opcode counts only when the bytes before it cannot
 * have been part of another one.
 */

/** By the mask of opcode-like bytes seen just before: whether a conversion is possible, and which byte decides. */
const IS_ALLOWED = [true, true, true, false, true, false, false, false] as const;
const DECIDING_BYTE = [0, 1, 2, 2, 3, 3, 3, 3] as const;

const isSignByte = (byte: number): boolean => byte === 0x00 || byte === 0xff;

/** Undoes the filter in place. `data` is the whole stream, from its start. */
export function unfilterX86(data: Uint8Array): void {
  const end = data.length - 4;
  let previous = -1;
  let mask = 0;
  for (let at = 0; at < end; at++) {
    if (((data[at] as number) & 0xfe) !== 0xe8) continue;
    const gap = at - previous;
    previous = at;
    if (gap > 3) mask = 0;
    else {
      mask = (mask << (gap - 1)) & 7;
      if (mask !== 0) {
        const byte = data[at + 4 - (DECIDING_BYTE[mask] as number)] as number;
        if (!IS_ALLOWED[mask] || isSignByte(byte)) {
          mask = (mask << 1) | 1;
          continue;
        }
      }
    }
    if (!isSignByte(data[at + 4] as number)) {
      mask = (mask << 1) | 1;
      continue;
    }
    const absolute =
      (data[at + 1] as number) |
      ((data[at + 2] as number) << 8) |
      ((data[at + 3] as number) << 16) |
      ((data[at + 4] as number) << 24);
    const relative = resolve(absolute, at + 5, mask);
    data[at + 1] = relative;
    data[at + 2] = relative >> 8;
    data[at + 3] = relative >> 16;
    data[at + 4] = (relative & 0x100_0000) !== 0 ? 0xff : 0;
    at += 4;
  }
}

function resolve(absolute: number, next: number, mask: number): number {
  let value = absolute;
  for (;;) {
    const relative = (value - next) | 0;
    if (mask === 0) return relative;
    const shift = (DECIDING_BYTE[mask] as number) * 8;
    if (!isSignByte((relative >>> (24 - shift)) & 0xff)) return relative;
    value = relative ^ ((1 << (32 - shift)) - 1);
  }
}
