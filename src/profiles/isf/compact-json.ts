/** JSON text without the white space between its tokens: half of a symbol file, which is printed indented. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

export function compactJson(bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) inString = !inString;
    else if (byte === BACKSLASH && inString) out[length++] = bytes[at++] as number;
    else if (byte <= SPACE && !inString) continue;
    out[length++] = bytes[at] as number;
  }
  return out.subarray(0, length);
}
