/** Byte strings, none of which begins another one, -> numbers; found by walking the bytes. Knows nothing of instructions. */
const FAN_OUT = 256;
const FIRST_NODES = 64;

export class HeadTrie {
  /** Of each node, 256 words: 0 for nothing, the place of the next node, or a number as its complement. */
  private words = new Int32Array(FAN_OUT * FIRST_NODES);
  private used = FAN_OUT;

  /** The number of the string that the bytes from `offset` on begin with, or -1. */
  find(bytes: Uint8Array, offset: number, end: number): number {
    const { words } = this;
    let node = 0;
    for (let at = offset; at < end; at++) {
      const next = words[node + (bytes[at] as number)] as number;
      if (next <= 0) return next < 0 ? ~next : -1;
      node = next;
    }
    return -1;
  }

  /** @param length at least 1 */
  add(bytes: Uint8Array, offset: number, length: number, number: number): void {
    let node = 0;
    for (let at = offset; at < offset + length - 1; at++) {
      const place = node + (bytes[at] as number);
      node = this.words[place] as number;
      if (node === 0) {
        node = this.allocate();
        this.words[place] = node;
      }
    }
    this.words[node + (bytes[offset + length - 1] as number)] = ~number;
  }

  private allocate(): number {
    if (this.used === this.words.length) {
      const words = new Int32Array(this.words.length * 2);
      words.set(this.words);
      this.words = words;
    }
    const node = this.used;
    this.used += FAN_OUT;
    return node;
  }
}
