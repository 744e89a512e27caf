/**
 * Little-endian reads from byte arrays at any alignment. x86 guests only, so there is no big-endian twin here;
 * file formats with big-endian fields use a DataView in their own `layout.ts`.
 *
 * Offsets must lie inside the array: callers check lengths before they read. These are not bounds-checked reads of
 * guest memory (that is `AddressSpace.read`).
 */

export function u8(bytes: Uint8Array, offset: number): number {
  return bytes[offset] as number;
}

export function u16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
}

export function i32(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] as number) |
    ((bytes[offset + 1] as number) << 8) |
    ((bytes[offset + 2] as number) << 16) |
    ((bytes[offset + 3] as number) << 24)
  );
}

export function u32(bytes: Uint8Array, offset: number): number {
  return i32(bytes, offset) >>> 0;
}

export function u64(bytes: Uint8Array, offset: number): bigint {
  return BigInt(u32(bytes, offset)) | (BigInt(u32(bytes, offset + 4)) << 32n);
}

/** A 64-bit value known to fit 53 bits (sizes, physical addresses); larger ones lose low bits. */
export function u64Number(bytes: Uint8Array, offset: number): number {
  return u32(bytes, offset) + u32(bytes, offset + 4) * 0x1_0000_0000;
}

const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder('utf-8');

/** The bytes up to the first NUL (or all of them), one character a byte. For magic numbers and kernel names. */
export function latin1Text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return latin1.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** The bytes up to the first NUL (or all of them) as UTF-8; invalid sequences become U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const utf16 = new TextDecoder('utf-16le');

/** The bytes as UTF-16 text, up to the first NUL; half a character at the end is left out. */
export function utf16Text(bytes: Uint8Array): string {
  const text = utf16.decode(bytes.subarray(0, bytes.length & ~1));
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
