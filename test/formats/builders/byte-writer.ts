/**
 * Appends fields to a growing file: what the format builders are made of. Knows nothing of the readers' layouts.
 */
export class ByteWriter {
  readonly #parts: Buffer[] = [];
  readonly #big: boolean;
  #length = 0;

  constructor(order: 'little' | 'big' = 'little') {
    this.#big = order === 'big';
  }

  get length(): number {
    return this.#length;
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    this.#length += bytes.length;
    return this;
  }

  /** Text, NUL-padded to `length` when given. */
  text(text: string, length = text.length): this {
    const buffer = Buffer.alloc(length);
    buffer.write(text, 'latin1');
    return this.bytes(buffer);
  }

  u8(...values: number[]): this {
    return this.bytes(Uint8Array.from(values));
  }

  u16(...values: number[]): this {
    return this.#numbers(2, values, (buffer, value, at) =>
      this.#big ? buffer.writeUInt16BE(Number(value), at) : buffer.writeUInt16LE(Number(value), at),
    );
  }

  u32(...values: number[]): this {
    return this.#numbers(4, values, (buffer, value, at) =>
      this.#big ? buffer.writeUInt32BE(Number(value), at) : buffer.writeUInt32LE(Number(value), at),
    );
  }

  u64(...values: (number | bigint)[]): this {
    return this.#numbers(8, values, (buffer, value, at) => {
      const wrapped = BigInt.asUintN(64, BigInt(value));
      return this.#big ? buffer.writeBigUInt64BE(wrapped, at) : buffer.writeBigUInt64LE(wrapped, at);
    });
  }

  zeros(count: number): this {
    return this.bytes(Buffer.alloc(count));
  }

  /** Zeros up to file offset `offset`. */
  to(offset: number): this {
    if (offset < this.#length) throw new Error(`already at ${this.#length}, past ${offset}`);
    return this.zeros(offset - this.#length);
  }

  align(multiple: number): this {
    return this.to(Math.ceil(this.#length / multiple) * multiple);
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #numbers<T extends number | bigint>(
    size: number,
    values: T[],
    write: (buffer: Buffer, value: T, at: number) => unknown,
  ): this {
    const buffer = Buffer.alloc(size * values.length);
    for (const [i, value] of values.entries()) write(buffer, value, i * size);
    return this.bytes(buffer);
  }
}
