/**
 * The `xxd` sections: cmdline, environ and the kernel's notes, which hold NUL bytes and are printed as a hex dump.
 */

const LINE = /^[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+)/;

/** The bytes of a hex dump. Throws on a line that is none. */
export function parseHexDump(lines: readonly string[]): Buffer {
  const digits = lines.map((line) => {
    const columns = LINE.exec(line)?.[1];
    if (columns === undefined) throw new Error(`ground truth: not a line of xxd: "${line}"`);
    return columns.replaceAll(' ', '');
  });
  return Buffer.from(digits.join(''), 'hex');
}

/** The strings of a NUL-separated block, as /proc/PID/cmdline and environ are; the last NUL ends, it does not separate. */
export function splitNul(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const text = bytes.toString('utf8');
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}
