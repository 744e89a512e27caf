import { describe, expect, it } from 'vitest';
import type { HiveCells } from '../../../src/formats/regf/hive-cells.js';
import { BIG_DATA_PART, keyNode, NO_CELL, SIGNATURES, valueCell } from '../../../src/formats/regf/layout.js';
import { RegistryKey } from '../../../src/formats/regf/registry-key.js';
import { RegistryValue } from '../../../src/formats/regf/registry-value.js';
import { multiStrings, valueText } from '../../../src/formats/regf/value-types.js';

/** A hive whose cells are put down one by one. */
class MadeHive implements HiveCells {
  readonly damages: string[] = [];
  readonly #cells = new Map<number, Uint8Array>();
  #next = 0x20;

  cell(index: number): Uint8Array | undefined {
    return this.#cells.get(index);
  }

  damage(_index: number, what: string): void {
    this.damages.push(what);
  }

  put(bytes: Uint8Array, index = this.#next): number {
    this.#cells.set(index, bytes);
    this.#next += (bytes.length + 12) & ~7;
    return index;
  }

  words(...words: number[]): number {
    return this.put(new Uint8Array(Uint32Array.from(words).buffer));
  }

  list(signature: number, cells: readonly number[], count = cells.length): number {
    const stride = signature === SIGNATURES.leaf || signature === SIGNATURES.root ? 1 : 2;
    const bytes = new Uint8Array(4 + cells.length * stride * 4);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, signature, true);
    view.setUint16(2, count, true);
    for (const [index, cell] of cells.entries()) view.setUint32(4 + index * stride * 4, cell, true);
    return this.put(bytes);
  }

  key(name: string, rest: Partial<Parameters<typeof keyNode.encode>[0]> = {}): number {
    const isLatin = [...name].every((letter) => letter.charCodeAt(0) < 256);
    const text = Buffer.from(name, isLatin ? 'latin1' : 'utf16le');
    const head = keyNode.encode({
      signature: SIGNATURES.key,
      flags: isLatin ? 0x20 : 0,
      lastWritten: 0n,
      parent: NO_CELL,
      subkeyCount: 0,
      volatileSubkeyCount: 0,
      subkeys: NO_CELL,
      volatileSubkeys: NO_CELL,
      valueCount: 0,
      values: NO_CELL,
      security: NO_CELL,
      className: NO_CELL,
      nameLength: text.length,
      classLength: 0,
      ...rest,
    });
    return this.put(Buffer.concat([head, text]));
  }

  value(name: string, type: number, dataLength: number, data: number): number {
    const head = valueCell.encode({
      signature: SIGNATURES.value,
      nameLength: name.length,
      dataLength,
      data,
      type,
      flags: 1,
    });
    return this.put(Buffer.concat([head, Buffer.from(name, 'latin1')]));
  }
}

const names = (keys: Iterable<RegistryKey>) => [...keys].map(({ name }) => name);

describe('registry cells', () => {
  it('lead through all kinds of lists of subkeys, volatile ones behind the others', () => {
    const hive = new MadeHive();
    const [a, b, c, d, e] = ['a', 'Ünd', 'c', '\u0434', 'e'].map((name) => hive.key(name)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const root = hive.list(SIGNATURES.root, [
      hive.list(SIGNATURES.hashLeaf, [a, b]),
      hive.list(SIGNATURES.leaf, [c]),
      hive.list(SIGNATURES.fastLeaf, [d]),
    ]);
    const cell = hive.key('top', {
      subkeyCount: 4,
      subkeys: root,
      volatileSubkeyCount: 1,
      volatileSubkeys: hive.list(SIGNATURES.fastLeaf, [e]),
    });
    const key = RegistryKey.at(hive, cell)!;
    expect(names(key.subkeys())).toEqual(['a', 'Ünd', 'c', '\u0434', 'e']);
    expect(key.subkey('ÜND')?.cell).toBe(b);
    expect(key.below('\\c')?.name).toBe('c');
    expect(key.below('c\\nothing')).toBeUndefined();
    expect(hive.damages).toEqual([]);
  });

  it('end where lists are forged', () => {
    const hive = new MadeHive();
    const child = hive.key('child');
    const nested = hive.list(SIGNATURES.root, [hive.list(SIGNATURES.root, [child])]);
    expect(names(RegistryKey.at(hive, hive.key('nested', { subkeyCount: 1, subkeys: nested }))!.subkeys())).toEqual([]);
    const long = hive.list(SIGNATURES.leaf, [child], 0xffff);
    expect(names(RegistryKey.at(hive, hive.key('long', { subkeyCount: 9, subkeys: long }))!.subkeys())).toEqual([
      'child',
    ]);
    const self = hive.list(SIGNATURES.root, []);
    hive.put(hive.cell(hive.list(SIGNATURES.root, [self]))!, self);
    expect(names(RegistryKey.at(hive, hive.key('self', { subkeyCount: 9, subkeys: self }))!.subkeys())).toEqual([]);
    expect(hive.damages).toEqual([
      'not a list of registry keys',
      'fewer subkeys than counted',
      'a list of registry keys that is longer than its cell',
      'fewer subkeys than counted',
      'not a list of registry keys',
      'fewer subkeys than counted',
    ]);
    const wrong = RegistryKey.at(hive, hive.words(1, 2, 3));
    expect(wrong).toBeUndefined();
    expect(RegistryKey.at(hive, hive.value('v', 1, 0, NO_CELL))).toBeUndefined();
  });

  it('hold values in place, in a cell, and in parts', () => {
    const hive = new MadeHive();
    const data = (cell: number) => RegistryValue.at(hive, cell)!.data!;
    expect(data(hive.value('word', 4, 0x8000_0004, 4711))).toEqual(Uint8Array.of(0x67, 0x12, 0, 0));
    expect(data(hive.value('half', 3, 0x8000_0002, 0xaabbccdd))).toEqual(Uint8Array.of(0xdd, 0xcc));
    expect(data(hive.value('empty', 1, 0, NO_CELL))).toEqual(new Uint8Array(0));
    expect(data(hive.value('cell', 3, 3, hive.put(Uint8Array.of(1, 2, 3, 99))))).toEqual(Uint8Array.of(1, 2, 3));
    const whole = Uint8Array.from({ length: BIG_DATA_PART * 2 + 77 }, (_, index) => index % 251);
    const parts = [0, 1, 2].map((part) => {
      const bytes = new Uint8Array(BIG_DATA_PART + 4).fill(0xee);
      bytes.set(whole.subarray(part * BIG_DATA_PART, (part + 1) * BIG_DATA_PART));
      return hive.put(bytes);
    });
    const big = new Uint8Array(8);
    const view = new DataView(big.buffer);
    view.setUint16(0, SIGNATURES.bigData, true);
    view.setUint16(2, 3, true);
    view.setUint32(4, hive.words(...parts), true);
    expect(data(hive.value('big', 3, whole.length, hive.put(big)))).toEqual(whole);
    expect(hive.damages).toEqual([]);
    // More than there is: what is there, and a remark.
    expect(data(hive.value('cut', 3, 9, hive.put(Uint8Array.of(1, 2, 3))))).toEqual(Uint8Array.of(1, 2, 3));
    expect(RegistryValue.at(hive, hive.value('huge', 3, 0x7fff_ffff, 0x20))?.data).toBeUndefined();
    expect(hive.damages).toEqual([
      'a registry value that is longer than its cell',
      'a registry value of impossible size',
    ]);
  });

  it('are written as text by their type', () => {
    const utf16 = (text: string) => Uint8Array.from(Buffer.from(text, 'utf16le'));
    expect(valueText(1, utf16('text\0rest'))).toBe('text');
    expect(valueText(4, Uint8Array.of(1, 0, 0, 0x80))).toBe('2147483649');
    expect(valueText(4, Uint8Array.of(1, 0))).toBe('0100');
    expect(valueText(5, Uint8Array.of(0, 0, 1, 2))).toBe('258');
    expect(valueText(11, Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0))).toBe('4294967296');
    expect(valueText(0x1f5, Uint8Array.of(0xab))).toBe('ab');
    expect(multiStrings(utf16('a\0bc\0\0'))).toEqual(['a', 'bc']);
    expect(multiStrings(utf16('a\0bc'))).toEqual(['a', 'bc']);
    expect(multiStrings(utf16('\0\0'))).toEqual([]);
  });
});
