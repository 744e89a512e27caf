/**
 * Writes LZO1X streams instruction by instruction, from Linux Documentation/staging/lzo.rst. An assembler, not a
 * compressor: the caller chooses literals and matches, and gets the stream and what it stands for.
 */

export interface LzoMatch {
  readonly distance: number;
  readonly length: number;
}

/** A length with `bits` bits in the instruction: the low bits, and what follows when they are zero. */
function lengthBits(length: number, bits: number): { low: number; more: number[] } {
  const most = 2 ** bits - 1;
  if (length <= most) return { low: length, more: [] };
  const rest = length - most;
  const zeros = Math.floor((rest - 1) / 255);
  return { low: 0, more: [...new Array<number>(zeros).fill(0), rest - zeros * 255] };
}

/** The instruction for the match after `state` literals (4: four and more), where there is one. */
function encodeMatch({ distance, length }: LzoMatch, state: number): number[] | undefined {
  if (length === 2 && state >= 1 && state <= 3 && distance <= 1024)
    return [((distance - 1) & 3) << 2, (distance - 1) >> 2];
  if (length === 3 && state === 4 && distance >= 2049 && distance <= 3072)
    return [((distance - 2049) & 3) << 2, (distance - 2049) >> 2];
  if (length >= 3 && length <= 8 && distance <= 2048) {
    const d = distance - 1;
    const head = length <= 4 ? 0x40 | ((length - 3) << 5) : 0x80 | ((length - 5) << 5);
    return [head | ((d & 7) << 2), d >> 3];
  }
  if (length >= 3 && distance <= 16384) {
    const { low, more } = lengthBits(length - 2, 5);
    const word = (distance - 1) << 2;
    return [0x20 | low, ...more, word & 0xff, word >> 8];
  }
  if (length >= 3 && distance > 16384 && distance <= 49151) {
    const { low, more } = lengthBits(length - 2, 3);
    const d = distance - 16384;
    const word = (d & 0x3fff) << 2;
    return [0x10 | ((d >> 14) << 3) | low, ...more, word & 0xff, word >> 8];
  }
  return undefined;
}

/**
 * A stream of alternating runs of literals and matches; matches that cannot be encoded are left out.
 * The first run must not be empty.
 */
export function assembleLzo(steps: readonly { literals: Uint8Array; match: LzoMatch }[]): {
  stream: Buffer;
  plain: Buffer;
} {
  const stream: number[] = [];
  const plain: number[] = [];
  let state = 0;
  /** Where the count of up to three literals after a match goes: the low bits of this byte. */
  let pending = -1;
  const run = (literals: Uint8Array) => {
    if (literals.length === 0) return;
    const place = pending;
    pending = -1;
    if (plain.length === 0 && literals.length <= 238) stream.push(17 + literals.length);
    else if (literals.length <= 3 && place >= 0) stream[place]! |= literals.length;
    else {
      const { low, more } = lengthBits(literals.length - 3, 4);
      stream.push(low, ...more);
    }
    stream.push(...literals);
    plain.push(...literals);
    state = literals.length <= 3 ? literals.length : 4;
  };
  for (const { literals, match } of steps) {
    // After a match without literals, and only there, a long run may come; one to three go into the match itself.
    if (pending >= 0 || plain.length === 0) run(literals);
    const distance = Math.min(match.distance, plain.length);
    const code = distance > 0 ? encodeMatch({ distance, length: match.length }, state) : undefined;
    if (!code) continue;
    stream.push(...code);
    // The count of literals is in the first byte of two, or in the low byte of the final 16 bits.
    pending = stream.length - 2;
    for (let i = 0; i < match.length; i++) plain.push(plain[plain.length - distance] as number);
    state = 0;
  }
  stream.push(0x11, 0, 0);
  return { stream: Buffer.from(stream), plain: Buffer.from(plain) };
}
