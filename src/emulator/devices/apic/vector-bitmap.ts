/** A set of the 256 interrupt vectors in 32 bytes, as the IRR, ISR and TMR registers hold it. */

export function setBit(map: Uint8Array, vector: number): void {
  map[vector >> 3] = (map[vector >> 3] as number) | (1 << (vector & 7));
}

export function clearBit(map: Uint8Array, vector: number): void {
  map[vector >> 3] = (map[vector >> 3] as number) & ~(1 << (vector & 7));
}

export function testBit(map: Uint8Array, vector: number): boolean {
  return ((map[vector >> 3] as number) & (1 << (vector & 7))) !== 0;
}

/** The highest member, or -1. */
export function highestBit(map: Uint8Array): number {
  for (let index = map.length - 1; index >= 0; index--) {
    const byte = map[index] as number;
    if (byte !== 0) return index * 8 + 31 - Math.clz32(byte);
  }
  return -1;
}

/** 32-bit register `index` of the eight. */
export function readWord(map: Uint8Array, index: number): number {
  const at = index * 4;
  const [a, b, c, d] = map.subarray(at, at + 4) as unknown as [number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
