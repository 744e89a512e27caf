/**
 * A registry hive as the configuration manager has mapped it: from cell indexes to guest memory.
 *
 * An index is a place in the hive file (or in its part that is kept in memory only); tables of two levels say where each
 * 4 KiB of it lie. What the cells mean is `formats/regf`'s subject.
 * Source: _CMHIVE, _HHIVE, _DUAL, _HMAP_DIRECTORY and _HMAP_ENTRY in Microsoft's public symbols; ReactOS sdk/lib/cmlib.
 */
import { PAGE_SIZE } from '../../../core/address.js';
import { i32 } from '../../../core/bytes.js';
import type { HiveCells } from '../../../formats/regf/hive-cells.js';
import { CELL_HEAD, VOLATILE_CELL } from '../../../formats/regf/layout.js';
import { RegistryKey } from '../../../formats/regf/registry-key.js';
import { readBytes, type StructView, type ViewContext } from '../../struct-view.js';
import type { WindowsKernel } from '../kernel.js';
import { processName } from '../process-facts.js';
import { processes } from '../processes.js';
import { unicodeString } from '../unicode-string.js';

/** An index: one bit of storage, ten of the directory, nine of the table, twelve of the block. */
const DIRECTORY_SHIFT = 21;
const DIRECTORY_SIZE = 1024;
const TABLE_SIZE = 512;
const BLOCK_SHIFT = 12;
const BLOCK_MASK = 0xfff;
/** The lowest bits of addresses of bins are flags. */
const BIN_FLAGS = 0xfn;
/** Cells of more than 1 MiB are not made; values beyond that are in parts. */
const MAX_CELL = 2 * 1024 * 1024;

export class MappedHive implements HiveCells {
  readonly kernel: WindowsKernel;
  /** The _CMHIVE. */
  readonly view: StructView;
  readonly #blocks = new Map<number, bigint | undefined>();
  /** Since 10.0.17063 hives are mapped in the user part of a process of their own. */
  readonly #user: ViewContext | undefined;

  constructor(kernel: WindowsKernel, view: StructView) {
    this.kernel = kernel;
    this.view = view;
    this.#user = view.has('Hive.ViewMap') ? kernel.memo(REGISTRY_SPACE, () => registrySpace(kernel)) : undefined;
  }

  /** File, as the configuration manager opened it; undefined for hives that are kept in memory only. */
  get path(): string | undefined {
    return unicodeString(this.view, 'FileFullPath') || undefined;
  }

  /** File, as it was named by whoever loaded it. */
  get userName(): string | undefined {
    return unicodeString(this.view, 'FileUserName') || undefined;
  }

  /** Bytes of cells that are kept in the file, or of those that are not. */
  size(isVolatile: boolean): number | undefined {
    const length = this.view
      .at('Hive.Storage')
      .sibling(isVolatile ? 1 : 0)
      .num('Length');
    // ReactOS counts in blocks.
    return length === undefined ? undefined : length * (this.kernel.isReactOS ? PAGE_SIZE : 1);
  }

  /** The key that all others hang from; undefined when its cell is unreadable. */
  get root(): RegistryKey | undefined {
    const cell = this.view.follow('Hive.BaseBlock', '_HBASE_BLOCK')?.num('RootCell');
    return cell === undefined ? undefined : RegistryKey.at(this, cell);
  }

  cell(index: number): Uint8Array | undefined {
    const block = this.#block(index >>> BLOCK_SHIFT);
    if (block === undefined) return undefined;
    const at = block + BigInt(index & BLOCK_MASK);
    const context = this.#contextOf(at);
    const head = readBytes(context, at, CELL_HEAD);
    // Allocated cells have a negative size.
    const size = head === undefined ? 0 : -i32(head, 0);
    if (size < 2 * CELL_HEAD || size > MAX_CELL || size > (this.size(isVolatile(index)) ?? 0)) {
      if (head !== undefined) this.damage(index, 'a cell of impossible size');
      return undefined;
    }
    return readBytes(context, at + BigInt(CELL_HEAD), size - CELL_HEAD);
  }

  /** Address of a cell, size word included; undefined when it is not mapped. */
  cellAddress(index: number): bigint | undefined {
    const block = this.#block(index >>> BLOCK_SHIFT);
    return block === undefined ? undefined : block + BigInt(index & BLOCK_MASK);
  }

  damage(index: number, what: string): void {
    this.kernel.faults.note(this.cellAddress(index) ?? this.view.address, what);
  }

  #contextOf(address: bigint): ViewContext {
    const isUser = this.kernel.is64Bit ? address < 1n << 63n : address < 0x8000_0000n;
    return isUser ? (this.#user ?? this.kernel) : this.kernel;
  }

  /** Where the 4 KiB numbered `number` lie; the uppermost bit says in which storage. */
  #block(number: number): bigint | undefined {
    let block = this.#blocks.get(number);
    if (block === undefined && !this.#blocks.has(number)) {
      block = this.#findBlock(number);
      this.#blocks.set(number, block);
    }
    return block;
  }

  #findBlock(number: number): bigint | undefined {
    const index = (number << BLOCK_SHIFT) >>> 0;
    const storage = this.view.at('Hive.Storage').sibling(isVolatile(index) ? 1 : 0);
    if ((index & ~VOLATILE_CELL) >>> 0 >= (this.size(isVolatile(index)) ?? 0)) {
      this.kernel.faults.note(storage.address, 'a registry cell behind the end of its hive');
      return undefined;
    }
    const entry = this.#entry(storage, index);
    if (entry === undefined) return undefined;
    const block = entry.has('BlockAddress') ? entry.ptr('BlockAddress') : inBin(entry);
    return block === 0n ? undefined : block;
  }

  #entry(storage: StructView, index: number): StructView | undefined {
    // ReactOS has one array where NT has a directory of tables.
    if (storage.has('BlockList')) {
      return storage.follow('BlockList', '_HMAP_ENTRY')?.sibling((index & ~VOLATILE_CELL) >>> BLOCK_SHIFT);
    }
    const directory = storage.ptr('Map');
    if (directory === undefined || directory === 0n) return undefined;
    const slot = ((index >>> DIRECTORY_SHIFT) & (DIRECTORY_SIZE - 1)) * this.kernel.profile.pointerSize;
    const [table = 0n] = this.kernel.pointerArray(directory + BigInt(slot), 1);
    if (table === 0n) return undefined;
    return this.kernel.struct('_HMAP_ENTRY', table).sibling((index >>> BLOCK_SHIFT) & (TABLE_SIZE - 1));
  }
}

/** Since 6.3 the entries name the bin, and how far in it the block is. */
function inBin(entry: StructView): bigint | undefined {
  const bin = entry.ptr(entry.has('PermanentBinAddress') ? 'PermanentBinAddress' : 'BinAddress');
  const offset = entry.big('BlockOffset');
  return bin === undefined || offset === undefined || bin === 0n ? undefined : (bin & ~BIN_FLAGS) + offset;
}

function isVolatile(index: number): boolean {
  return index >>> 31 === 1;
}

const REGISTRY_SPACE = Symbol('address space of the Registry process');

function registrySpace(kernel: WindowsKernel): ViewContext | undefined {
  for (const process of processes(kernel)) {
    if (processName(process) !== 'Registry') continue;
    const space = kernel.processSpace(process);
    return space && kernel.within(space);
  }
  return undefined;
}
