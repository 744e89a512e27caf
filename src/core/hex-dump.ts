/** Bytes as lines of hexadecimal with their printable characters, as debuggers show memory. */

const WIDTH = 16;

/** One line for each 16 bytes: `7f21:0000  90 90 …  |..|`, the address as plain hex. */
export function hexDump(bytes: Uint8Array, address: bigint): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const line = bytes.subarray(at, at + WIDTH);
    const hex = hexBytes(line).padEnd(WIDTH * 3 - 1);
    lines.push(`${(address + BigInt(at)).toString(16)}  ${hex}  |${printableBytes(line)}|`);
  }
  return lines;
}

/** `90 90 cc`. */
export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** ASCII, with a dot for everything else. */
function printableBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
}
