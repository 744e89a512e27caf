/**
 * A small guest memory made by hand: bytes at chosen virtual addresses, and structures described beside them. For
 * walks over structures that no real image has (large folios, nested hash tables, tables with holes).
 */
import type { AddressSpace } from '../../src/memory/address-space.js';
import { FaultLog } from '../../src/memory/fault-log.js';
import { fieldAt } from '../../src/objects/field-path.js';
import type { ViewContext } from '../../src/objects/struct-view.js';
import type { Field, Profile, StructType, TypeRef } from '../../src/profiles/types.js';

const PAGE = 4096;

/** `{ shift: [0, 'u8'], next: [8, '*thing'], slots: [16, 'pointer', 64] }`: offset, type, length of an array. */
export type Layout = Readonly<Record<string, readonly [offset: number, type: string, count?: number]>>;

const SCALARS: Readonly<Record<string, TypeRef>> = {
  u8: { kind: 'int', name: 'unsigned char', size: 1, signed: false },
  u32: { kind: 'int', name: 'unsigned int', size: 4, signed: false },
  u64: { kind: 'int', name: 'unsigned long', size: 8, signed: false },
  pointer: { kind: 'pointer', size: 8, target: { kind: 'void' } },
};

export class SyntheticMemory implements ViewContext {
  readonly pages = new Map<bigint, Uint8Array>();
  readonly faults = new FaultLog();
  readonly profile: Profile;
  readonly space: AddressSpace;

  /** @param structs layouts by name, with their sizes */
  constructor(structs: Readonly<Record<string, { readonly size: number; readonly fields: Layout }>>) {
    const types = new Map(
      Object.entries(structs).map(([name, { size, fields }]) => [name, struct(name, size, fields)]),
    );
    this.profile = {
      os: 'linux',
      pointerSize: 8,
      banner: 'synthetic',
      release: '6.1.0',
      types: {
        pointerSize: 8,
        struct: (name) => types.get(name),
        enum: () => undefined,
        structNames: () => types.keys(),
        enumNames: () => [],
      },
      symbols: { address: () => undefined, nearest: () => undefined, symbols: () => [] },
      sources: [],
    };
    const read = (address: bigint, target: Uint8Array): number => {
      for (let got = 0; got < target.length; got++) {
        const at = address + BigInt(got);
        const page = this.pages.get(at / BigInt(PAGE));
        if (page === undefined) return got;
        target[got] = page[Number(at % BigInt(PAGE))] as number;
      }
      return target.length;
    };
    this.space = {
      name: 'synthetic',
      pointerSize: 8,
      read,
      view: (address: bigint, length: number) => {
        const bytes = new Uint8Array(length);
        return read(address, bytes) === length ? bytes : undefined;
      },
    } as unknown as AddressSpace;
  }

  readonly field = (name: string, path: string): Field | undefined => fieldAt(this.profile.types, name, path);

  /** Stores a little-endian number of `size` bytes, making its page when it is missing. */
  put(address: bigint, value: bigint, size = 8): void {
    for (let byte = 0; byte < size; byte++) {
      const at = address + BigInt(byte);
      let page = this.pages.get(at / BigInt(PAGE));
      if (page === undefined) {
        page = new Uint8Array(PAGE);
        this.pages.set(at / BigInt(PAGE), page);
      }
      page[Number(at % BigInt(PAGE))] = Number((value >> BigInt(8 * byte)) & 0xffn);
    }
  }
}

function struct(name: string, size: number, layout: Layout): StructType {
  const fields = Object.entries(layout).map(([field, [offset, type, count]]): [string, Field] => {
    const element = SCALARS[type] ?? pointerTo(type) ?? { kind: 'struct', name: type };
    return [field, { name: field, offset, type: count === undefined ? element : { kind: 'array', count, element } }];
  });
  return { name, union: false, size, fields: new Map(fields) };
}

function pointerTo(type: string): TypeRef | undefined {
  return type.startsWith('*')
    ? { kind: 'pointer', size: 8, target: { kind: 'struct', name: type.slice(1) } }
    : undefined;
}
