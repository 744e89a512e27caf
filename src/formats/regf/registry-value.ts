/** One value of a registry key: its name, type and data, also where the data is spread over several cells. */
import { latin1Text, u32, utf16Text } from '../../core/bytes.js';
import type { HiveCells } from './hive-cells.js';
import {
  BIG_DATA_PART,
  bigData,
  COMPRESSED_VALUE_NAME,
  NO_CELL,
  SIGNATURES,
  VALUE_IN_PLACE,
  valueCell,
} from './layout.js';

/** No honest value is longer; a forged length is cut. */
const MAX_DATA = 64 * 1024 * 1024;

export class RegistryValue {
  readonly hive: HiveCells;
  readonly cell: number;
  /** '' for the key's default value. */
  readonly name: string;
  /** See value-types.ts. */
  readonly type: number;
  readonly #length: number;
  readonly #data: number;

  private constructor(hive: HiveCells, cell: number, name: string, type: number, length: number, data: number) {
    this.hive = hive;
    this.cell = cell;
    this.name = name;
    this.type = type;
    this.#length = length;
    this.#data = data;
  }

  /** The value in a cell; undefined when there is none. */
  static at(hive: HiveCells, cell: number): RegistryValue | undefined {
    const bytes = hive.cell(cell);
    const head = bytes && valueCell.decode(bytes);
    if (bytes === undefined || head === undefined) return undefined;
    if (head.signature !== SIGNATURES.value) {
      hive.damage(cell, 'not a registry value');
      return undefined;
    }
    const raw = bytes.subarray(valueCell.size, valueCell.size + head.nameLength);
    const name = (head.flags & COMPRESSED_VALUE_NAME) !== 0 ? latin1Text(raw) : utf16Text(raw);
    return new RegistryValue(hive, cell, name, head.type, head.dataLength, head.data);
  }

  /** Bytes of data, as the value says. */
  get size(): number {
    return (this.#length & ~VALUE_IN_PLACE) >>> 0;
  }

  /** The data, as much of it as can be read: a fresh array; undefined when nothing can. */
  get data(): Uint8Array | undefined {
    const { size } = this;
    if ((this.#length & VALUE_IN_PLACE) !== 0) {
      const word = new Uint8Array(4);
      new DataView(word.buffer).setUint32(0, this.#data, true);
      return word.subarray(0, Math.min(size, 4));
    }
    if (size === 0) return new Uint8Array(0);
    if (this.#data === NO_CELL || size > MAX_DATA) {
      this.hive.damage(this.cell, 'a registry value of impossible size');
      return undefined;
    }
    const bytes = this.hive.cell(this.#data);
    if (bytes === undefined) return undefined;
    const parts = size > BIG_DATA_PART ? bigData.decode(bytes) : undefined;
    if (parts?.signature === SIGNATURES.bigData) return this.#joined(parts.list, parts.count, size);
    if (bytes.length < size) this.hive.damage(this.#data, 'a registry value that is longer than its cell');
    return bytes.slice(0, size);
  }

  #joined(list: number, count: number, size: number): Uint8Array | undefined {
    const cells = this.hive.cell(list)?.slice();
    if (cells === undefined) return undefined;
    const whole = new Uint8Array(Math.min(size, count * BIG_DATA_PART));
    let done = 0;
    for (let index = 0; index < count && index * 4 + 4 <= cells.length && done < whole.length; index++) {
      const part = this.hive.cell(u32(cells, index * 4));
      if (part === undefined) break;
      const length = Math.min(BIG_DATA_PART, part.length, whole.length - done);
      whole.set(part.subarray(0, length), done);
      done += length;
    }
    if (done < size) this.hive.damage(list, 'a registry value that lacks parts');
    return whole.subarray(0, done);
  }
}
