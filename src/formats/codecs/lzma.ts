/**
 * The LZMA decoder (I. Pavlov, "LZMA specification", lzma-specification.txt, public domain): range coder, literal,
 * match and repeat models over one output array. Serves .lzma files here and LZMA2 chunks (lzma2.ts).
 *
 * Our own because the packages that unpack XZ with the x86 filter need a compiler, another Node version, or install
 * software when they are first called. Written for whole files in memory; no streams, no compression.
 */

const PROBABILITY_BITS = 11;
const PROBABILITY_INITIAL = 1 << (PROBABILITY_BITS - 1);
const MOVE_BITS = 5;
const TOP = 1 << 24;
const POSITION_STATES_MOST = 16;
const LENGTH_STATES = 4;
const DISTANCE_SLOTS = 64;
const ALIGN_BITS = 4;
const FIRST_MODELLED_SLOT = 4;
const LAST_MODELLED_SLOT = 14;
const SHORTEST_MATCH = 2;

/** Sizes of the models, one after another in one array. */
const LENGTH_MODEL = 2 + POSITION_STATES_MOST * 8 * 2 + 256;
const AT = {
  isMatch: 0,
  isRepeat: 192,
  isRepeat0: 204,
  isRepeat1: 216,
  isRepeat2: 228,
  isRepeat0Long: 240,
  slots: 432,
  positions: 432 + LENGTH_STATES * DISTANCE_SLOTS,
  align: 432 + LENGTH_STATES * DISTANCE_SLOTS + 128,
  matchLength: 432 + LENGTH_STATES * DISTANCE_SLOTS + 144,
  repeatLength: 432 + LENGTH_STATES * DISTANCE_SLOTS + 144 + LENGTH_MODEL,
  literals: 432 + LENGTH_STATES * DISTANCE_SLOTS + 144 + 2 * LENGTH_MODEL,
} as const;

/** lc, lp and pb of the stream's properties byte. */
export interface LzmaProperties {
  readonly literalContext: number;
  readonly literalPosition: number;
  readonly position: number;
}

/** Undefined when the byte is none that an encoder writes. */
export function lzmaProperties(byte: number): LzmaProperties | undefined {
  if (byte >= 9 * 5 * 5) return undefined;
  return {
    literalContext: byte % 9,
    literalPosition: Math.floor(byte / 9) % 5,
    position: Math.floor(byte / 45),
  };
}

export class LzmaDecoder {
  readonly output: Uint8Array;
  /** Bytes of `output` that are filled. */
  written = 0;
  /** Where the dictionary begins: matches cannot reach before it. */
  dictionaryStart = 0;
  #input: Uint8Array;
  #read = 0;
  #end = 0;
  #range = 0;
  #code = 0;
  #state = 0;
  #repeats: [number, number, number, number] = [0, 0, 0, 0];
  #models = new Uint16Array(0);
  #properties: LzmaProperties = { literalContext: 3, literalPosition: 0, position: 2 };

  constructor(output: Uint8Array) {
    this.output = output;
    this.#input = output;
  }

  setProperties(properties: LzmaProperties): void {
    this.#properties = properties;
    this.#models = new Uint16Array(AT.literals + (0x300 << (properties.literalContext + properties.literalPosition)));
    this.resetState();
  }

  resetState(): void {
    this.#models.fill(PROBABILITY_INITIAL);
    this.#state = 0;
    this.#repeats = [0, 0, 0, 0];
  }

  /**
   * Decodes from `input[from … to)` until `limit` bytes of output are filled, or an end marker when `endMarker` allows
   * one. Returns false on damaged data.
   */
  decode(input: Uint8Array, from: number, to: number, limit: number, endMarker: boolean): boolean {
    if (to - from < 5 || limit > this.output.length || input[from] !== 0) return false;
    this.#input = input;
    this.#read = from + 5;
    this.#end = to;
    this.#range = -1;
    this.#code =
      ((input[from + 1] as number) << 24) |
      ((input[from + 2] as number) << 16) |
      ((input[from + 3] as number) << 8) |
      (input[from + 4] as number);
    while (this.written < limit) {
      const more = this.#packet(limit, endMarker);
      // Reading past the end yields zeros: damaged data runs into this check, not into an exception.
      if (this.#read > this.#end) return false;
      if (more !== 'more') return more === 'end';
    }
    return true;
  }

  #bit(model: number): number {
    const models = this.#models;
    const probability = models[model] as number;
    const bound = Math.imul(this.#range >>> PROBABILITY_BITS, probability);
    let bit: number;
    if (this.#code >>> 0 < bound >>> 0) {
      this.#range = bound;
      models[model] = probability + (((1 << PROBABILITY_BITS) - probability) >>> MOVE_BITS);
      bit = 0;
    } else {
      this.#range = (this.#range - bound) | 0;
      this.#code = (this.#code - bound) | 0;
      models[model] = probability - (probability >>> MOVE_BITS);
      bit = 1;
    }
    if (this.#range >>> 0 < TOP) {
      this.#range <<= 8;
      this.#code = (this.#code << 8) | (this.#input[this.#read++] as number);
    }
    return bit;
  }

  #direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const bit = this.#code >>> 0 >= this.#range >>> 0 ? 1 : 0;
      if (bit !== 0) this.#code = (this.#code - this.#range) | 0;
      if (this.#range >>> 0 < TOP) {
        this.#range <<= 8;
        this.#code = (this.#code << 8) | (this.#input[this.#read++] as number);
      }
      value = (value << 1) | bit;
    }
    return value;
  }

  #tree(models: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.#bit(models + node);
    return node - (1 << bits);
  }

  #reverseTree(models: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(models + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  #packet(limit: number, endMarker: boolean): 'more' | 'end' | 'damaged' {
    const positionState = (this.written - this.dictionaryStart) & ((1 << this.#properties.position) - 1);
    const state = this.#state;
    const repeats = this.#repeats;
    if (this.#bit(AT.isMatch + state * POSITION_STATES_MOST + positionState) === 0) {
      this.#literal();
      return 'more';
    }
    let length: number;
    if (this.#bit(AT.isRepeat + state) !== 0) {
      if (this.written === this.dictionaryStart) return 'damaged';
      if (this.#bit(AT.isRepeat0 + state) === 0) {
        if (this.#bit(AT.isRepeat0Long + state * POSITION_STATES_MOST + positionState) === 0) {
          this.#state = state < 7 ? 9 : 11;
          return this.#copy(repeats[0], 1, limit) ? 'more' : 'damaged';
        }
      } else this.#rotateRepeats(state);
      length = this.#length(AT.repeatLength, positionState);
      this.#state = state < 7 ? 8 : 11;
    } else {
      repeats[3] = repeats[2];
      repeats[2] = repeats[1];
      repeats[1] = repeats[0];
      length = this.#length(AT.matchLength, positionState);
      this.#state = state < 7 ? 7 : 10;
      repeats[0] = this.#distance(length);
      if (repeats[0] === -1) return endMarker ? 'end' : 'damaged';
    }
    return this.#copy(repeats[0], length + SHORTEST_MATCH, limit) ? 'more' : 'damaged';
  }

  #rotateRepeats(state: number): void {
    const repeats = this.#repeats;
    let distance: number;
    if (this.#bit(AT.isRepeat1 + state) === 0) distance = repeats[1];
    else {
      if (this.#bit(AT.isRepeat2 + state) === 0) distance = repeats[2];
      else {
        distance = repeats[3];
        repeats[3] = repeats[2];
      }
      repeats[2] = repeats[1];
    }
    repeats[1] = repeats[0];
    repeats[0] = distance;
  }

  #literal(): void {
    const { literalContext, literalPosition } = this.#properties;
    const at = this.written - this.dictionaryStart;
    const previous = at > 0 ? (this.output[this.written - 1] as number) : 0;
    const context = ((at & ((1 << literalPosition) - 1)) << literalContext) + (previous >> (8 - literalContext));
    const models = AT.literals + 0x300 * context;
    let symbol = 1;
    if (this.#state >= 7) {
      let match = this.output[this.written - this.#repeats[0] - 1] as number;
      while (symbol < 0x100) {
        const matchBit = (match >> 7) & 1;
        match <<= 1;
        const bit = this.#bit(models + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== matchBit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(models + symbol);
    this.output[this.written++] = symbol;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  #length(models: number, positionState: number): number {
    if (this.#bit(models) === 0) return this.#tree(models + 2 + positionState * 8, 3);
    if (this.#bit(models + 1) === 0) return 8 + this.#tree(models + 2 + (POSITION_STATES_MOST + positionState) * 8, 3);
    return 16 + this.#tree(models + 2 + POSITION_STATES_MOST * 16, 8);
  }

  /** Distance minus one; -1 is the end marker. */
  #distance(length: number): number {
    const lengthState = Math.min(length, LENGTH_STATES - 1);
    const slot = this.#tree(AT.slots + lengthState * DISTANCE_SLOTS, 6);
    if (slot < FIRST_MODELLED_SLOT) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) << bits;
    if (slot < LAST_MODELLED_SLOT) return base + this.#reverseTree(AT.positions + base - slot, bits);
    const high = this.#direct(bits - ALIGN_BITS) << ALIGN_BITS;
    return (base + high + this.#reverseTree(AT.align, ALIGN_BITS)) | 0;
  }

  #copy(distance: number, length: number, limit: number): boolean {
    const { output, written } = this;
    const from = written - distance - 1;
    if (distance < 0 || from < this.dictionaryStart || written + length > limit) return false;
    // Overlapping copies repeat what they have just written, so no bulk move.
    for (let i = 0; i < length; i++) output[written + i] = output[from + i] as number;
    this.written = written + length;
    return true;
  }
}

const HEADER_BYTES = 13;

/** Unpacks a .lzma file into `output`; -1 when it is damaged or holds more. Returns the bytes written. */
export function lzmaDecompress(input: Uint8Array, output: Uint8Array): number {
  const properties = lzmaProperties(input[0] ?? 0xff);
  if (properties === undefined || input.length < HEADER_BYTES) return -1;
  const view = new DataView(input.buffer, input.byteOffset);
  const size = view.getBigUint64(5, true);
  const isKnown = size !== 0xffff_ffff_ffff_ffffn;
  if (isKnown && size > BigInt(output.length)) return -1;
  const decoder = new LzmaDecoder(output);
  decoder.setProperties(properties);
  const limit = isKnown ? Number(size) : output.length;
  return decoder.decode(input, HEADER_BYTES, input.length, limit, !isKnown) ? decoder.written : -1;
}
