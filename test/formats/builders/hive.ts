/** Registry hives from a description: one bin with all cells, as they lie behind the base block of a hive file. */
import type { HiveCells } from '../../../src/formats/regf/hive-cells.js';
import { keyFlag, keyNode, NO_CELL, SIGNATURES, valueCell } from '../../../src/formats/regf/layout.js';

export interface HiveKeyTruth {
  readonly name: string;
  readonly className?: string;
  /** NT time. */
  readonly lastWritten?: bigint;
  readonly values?: Readonly<Record<string, { readonly type: number; readonly data: Uint8Array }>>;
  readonly keys?: readonly HiveKeyTruth[];
}

export interface BuiltHive {
  readonly bytes: Buffer;
  readonly rootCell: number;
}

const BIN_HEAD = 0x20;
const PAGE = 4096;

export function buildHive(root: HiveKeyTruth): BuiltHive {
  const cells: { index: number; bytes: Uint8Array }[] = [];
  let next = BIN_HEAD;
  const put = (bytes: Uint8Array): number => {
    const index = next;
    cells.push({ index, bytes });
    next += (bytes.length + 4 + 7) & ~7;
    return index;
  };
  const words = (...values: number[]) => put(new Uint8Array(Uint32Array.from(values).buffer));
  const key = ({ name, className, lastWritten = 0n, values = {}, keys = [] }: HiveKeyTruth): number => {
    const valueCells = Object.entries(values).map(([valueName, { type, data }]) => {
      const inPlace = data.length <= 4;
      const word = Buffer.alloc(4);
      if (inPlace) word.set(data);
      const head = valueCell.encode({
        signature: SIGNATURES.value,
        nameLength: valueName.length,
        dataLength: inPlace ? (data.length | 0x8000_0000) >>> 0 : data.length,
        data: inPlace ? word.readUInt32LE() : put(data),
        type,
        flags: 1,
      });
      return put(Buffer.concat([head, Buffer.from(valueName, 'latin1')]));
    });
    const children = keys.map(key);
    const list = Buffer.alloc(4 + children.length * 8);
    list.writeUInt16LE(SIGNATURES.hashLeaf, 0);
    list.writeUInt16LE(children.length, 2);
    for (const [index, child] of children.entries()) list.writeUInt32LE(child, 4 + index * 8);
    const classText = Buffer.from(className ?? '', 'utf16le');
    const head = keyNode.encode({
      signature: SIGNATURES.key,
      flags: keyFlag.compressedName,
      lastWritten,
      parent: NO_CELL,
      subkeyCount: children.length,
      volatileSubkeyCount: 0,
      subkeys: children.length === 0 ? NO_CELL : put(list),
      volatileSubkeys: NO_CELL,
      valueCount: valueCells.length,
      values: valueCells.length === 0 ? NO_CELL : words(...valueCells),
      security: NO_CELL,
      className: classText.length === 0 ? NO_CELL : put(classText),
      nameLength: name.length,
      classLength: classText.length,
    });
    return put(Buffer.concat([head, Buffer.from(name, 'latin1')]));
  };
  const rootCell = key(root);
  const bytes = Buffer.alloc(Math.ceil(next / PAGE) * PAGE);
  bytes.write('hbin', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 8);
  for (const { index, bytes: contents } of cells) {
    bytes.writeInt32LE(-((contents.length + 4 + 7) & ~7), index);
    bytes.set(contents, index + 4);
  }
  return { bytes, rootCell };
}

/** The cells of a built hive, without a guest around them. */
export class FlatHive implements HiveCells {
  readonly damages: string[] = [];
  readonly #bytes: Buffer;

  constructor({ bytes }: BuiltHive) {
    this.#bytes = bytes;
  }

  cell(index: number): Uint8Array | undefined {
    const size = -this.#bytes.readInt32LE(index);
    return this.#bytes.subarray(index + 4, index + size);
  }

  damage(_index: number, what: string): void {
    this.damages.push(what);
  }
}

/** A value's data. */
export const hiveText = (text: string) => ({ type: 1, data: Buffer.from(`${text}\0`, 'utf16le') });
export const hiveBytes = (data: Uint8Array, type = 3) => ({ type, data });
