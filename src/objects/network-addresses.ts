/** Network addresses as text, from the bytes the kernel keeps (network byte order). Nothing is read here. */

/** `10.9.8.1` from four bytes. */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.subarray(0, 4).join('.');
}

/** RFC 5952: lower case, the longest run of zero groups as `::`, IPv4-mapped addresses with a dotted end. */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${ipv4Text(bytes.subarray(12, 16))}`;
  const run = longestZeroRun(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return text(groups);
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, at) => {
    if (group !== 0) start = at + 1;
    else if (at + 1 - start > best.length) best = { start, length: at + 1 - start };
  });
  return best;
}

/** `0e:51:22:47:76:54`. */
export function hardwareText(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** A 16-bit value in network byte order that was read as a little-endian number. */
export function fromNetwork16(value: number): number {
  return ((value & 0xff) << 8) | ((value >> 8) & 0xff);
}
