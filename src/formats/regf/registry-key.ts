/**
 * One key of a hive: its name, times, subkeys and values. Cells come from a `HiveCells`.
 *
 * What is damaged is left out and reported to the hive; lists are bounded by the cells that they lie in, and a list of
 * lists has one level, so that nothing here can run in circles. Who walks down a tree bounds its depth.
 */
import { latin1Text, u32, utf16Text } from '../../core/bytes.js';
import type { LayoutValue } from '../struct-layout.js';
import type { HiveCells } from './hive-cells.js';
import { INDEX_ENTRY, indexHead, keyFlag, keyNode, NO_CELL, SIGNATURES } from './layout.js';
import { RegistryValue } from './registry-value.js';

/** Keys nest at most 512 deep (documented limit); a walk that gets there goes in circles. */
export const MAX_KEY_DEPTH = 512;

export class RegistryKey {
  readonly hive: HiveCells;
  /** Index of its cell. */
  readonly cell: number;
  readonly name: string;
  readonly node: LayoutValue<typeof keyNode>;

  private constructor(hive: HiveCells, cell: number, node: LayoutValue<typeof keyNode>, name: string) {
    this.hive = hive;
    this.cell = cell;
    this.node = node;
    this.name = name;
  }

  /** The key in a cell; undefined when there is none. */
  static at(hive: HiveCells, cell: number): RegistryKey | undefined {
    const bytes = hive.cell(cell);
    const node = bytes && keyNode.decode(bytes);
    if (bytes === undefined || node === undefined) return undefined;
    if (node.signature !== SIGNATURES.key && node.signature !== SIGNATURES.link) {
      hive.damage(cell, 'not a registry key');
      return undefined;
    }
    const raw = bytes.subarray(keyNode.size, keyNode.size + node.nameLength);
    const isCompressed = (node.flags & keyFlag.compressedName) !== 0;
    return new RegistryKey(hive, cell, node, isCompressed ? latin1Text(raw) : utf16Text(raw));
  }

  /** NT time: 100 ns steps since 1601. */
  get lastWritten(): bigint {
    return this.node.lastWritten;
  }

  /** True where another hive hangs. Such a key has no lists of its own. */
  get isHiveExit(): boolean {
    return this.node.signature === SIGNATURES.link || (this.node.flags & keyFlag.hiveExit) !== 0;
  }

  /** The name of its class, which a few keys keep data in; undefined for those without. */
  get className(): string | undefined {
    const { className, classLength } = this.node;
    if (classLength === 0 || className === NO_CELL) return undefined;
    const bytes = this.hive.cell(className);
    return bytes && utf16Text(bytes.subarray(0, classLength));
  }

  /** The subkeys, those of the file first, as the lists have them (by name). */
  *subkeys(): Generator<RegistryKey> {
    if (this.isHiveExit) return;
    const { node } = this;
    const lists = [
      [node.subkeyCount, node.subkeys],
      [node.volatileSubkeyCount, node.volatileSubkeys],
    ] as const;
    for (const [count, list] of lists) {
      if (count === 0 || list === NO_CELL) continue;
      let found = 0;
      for (const cell of this.#indexed(list, true)) {
        if (found++ >= count) break;
        const key = RegistryKey.at(this.hive, cell);
        if (key !== undefined) yield key;
      }
      if (found < count) this.hive.damage(list, 'fewer subkeys than counted');
    }
  }

  /** The cells that a list of subkeys names. */
  *#indexed(list: number, mayNest: boolean): Generator<number> {
    const bytes = this.hive.cell(list)?.slice();
    const head = bytes && indexHead.decode(bytes);
    if (bytes === undefined || head === undefined) return;
    const stride = INDEX_ENTRY[head.signature];
    const isRoot = head.signature === SIGNATURES.root;
    if (stride === undefined || (isRoot && !mayNest)) {
      this.hive.damage(list, 'not a list of registry keys');
      return;
    }
    for (let index = 0; index < head.count; index++) {
      const at = indexHead.size + index * stride;
      if (at + 4 > bytes.length) {
        this.hive.damage(list, 'a list of registry keys that is longer than its cell');
        return;
      }
      if (isRoot) yield* this.#indexed(u32(bytes, at), false);
      else yield u32(bytes, at);
    }
  }

  /** The values in the order of their list. */
  *values(): Generator<RegistryValue> {
    const { valueCount, values } = this.node;
    if (this.isHiveExit || valueCount === 0 || values === NO_CELL) return;
    const bytes = this.hive.cell(values)?.slice();
    if (bytes === undefined) return;
    if (valueCount * 4 > bytes.length) this.hive.damage(values, 'a list of values that is longer than its cell');
    for (let at = 0; at < valueCount * 4 && at + 4 <= bytes.length; at += 4) {
      const value = RegistryValue.at(this.hive, u32(bytes, at));
      if (value !== undefined) yield value;
    }
  }

  /** The subkey of that name, in any case. */
  subkey(name: string): RegistryKey | undefined {
    const wanted = name.toLowerCase();
    for (const key of this.subkeys()) if (key.name.toLowerCase() === wanted) return key;
    return undefined;
  }

  /** The value of that name, in any case; '' is the key's default value. */
  value(name: string): RegistryValue | undefined {
    const wanted = name.toLowerCase();
    for (const value of this.values()) if (value.name.toLowerCase() === wanted) return value;
    return undefined;
  }

  /** The key at `path` below this one (`ControlSet001\\Services`); undefined when a part of it is missing. */
  below(path: string): RegistryKey | undefined {
    let key: RegistryKey | undefined = this;
    for (const name of path.split('\\')) {
      if (name !== '') key = key?.subkey(name);
    }
    return key;
  }
}
