/**
 * The list of modules, found by what it looks like: a list head in the kernel's data whose nodes lie where modules do and
 * have a module's name behind them. For kernels that bring neither types nor data symbols.
 *
 * Source: Linux `include/linux/module.h`: `struct module` begins with state, list and name in all versions; until 6.3 it
 * lies inside of the `core_layout` that it describes.
 */
import type { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { Field, StructType, TypeRef } from '../types.js';
import type { KernelImage } from './kernel-image.js';

export interface StructuralModules {
  /** Address of the list head, the symbol `modules`. */
  readonly head: bigint;
  readonly structs: readonly StructType[];
}

/** Text, data and bss of the largest kernels. */
const IMAGE_REACH = 64 * 1024 * 1024;
const MAX_MODULES = 10_000;
const MODULE_BYTES = 1024;
const PAGE_MASK = 0xfffn;
/** What i386 maps directly, at most; behind lies vmalloc. */
const MAX_LOW_MEMORY = 0x3800_0000;

interface Module {
  readonly address: bigint;
  readonly bytes: Buffer;
}

/** The modules of the kernel at `textStart`; undefined when there is no list of at least two. */
export function structuralModules(
  image: KernelImage,
  space: PagedAddressSpace,
  textStart: bigint,
): StructuralModules | undefined {
  const { pointerSize } = image;
  const data = image.bytes(textStart, IMAGE_REACH);
  const imageEnd = textStart + BigInt(data.length);
  const range = moduleRange(image);
  // Two filters on numbers before anything is looked at closely: there are millions of words.
  for (let at = 0; at + 2 * pointerSize <= data.length; at += pointerSize) {
    const low = data.readUInt32LE(at);
    if (low < range.start || low >= range.end || (pointerSize === 8 && data.readInt32LE(at + 4) !== -1)) continue;
    const next = pointerAt(data, at, pointerSize);
    if (next >= textStart && next < imageEnd) continue;
    const head = textStart + BigInt(at);
    const modules = walk(space, head, next);
    if (modules.length >= 2) return { head, structs: structsOf(modules, pointerSize) };
  }
  return undefined;
}

/** Lower 32 bits of where x86 maps modules: a gigabyte above the kernel image; on i386 behind the direct map. */
function moduleRange({ memory, pointerSize }: KernelImage): { readonly start: number; readonly end: number } {
  if (pointerSize === 8) return { start: 0xa000_0000, end: 0xff00_0000 };
  return { start: 0xc000_0000 + Math.min(memory.end, MAX_LOW_MEMORY), end: 0xff80_0000 };
}

function walk(space: PagedAddressSpace, head: bigint, first: bigint): Module[] {
  const { pointerSize } = space;
  const modules: Module[] = [];
  const seen = new Set<bigint>();
  let previous = head;
  let node = first;
  while (node !== head) {
    const address = node - BigInt(pointerSize);
    if (seen.has(node) || modules.length >= MAX_MODULES || space.translate(address).kind !== 'mapped') return [];
    const bytes = Buffer.alloc(MODULE_BYTES);
    const readable = space.read(address, bytes) === bytes.length;
    if (!readable || pointerAt(bytes, 2 * pointerSize, pointerSize) !== previous) return [];
    const name = bytes.subarray(3 * pointerSize, 3 * pointerSize + 56);
    if (!/^[A-Za-z0-9_]+\0/.test(name.toString('latin1'))) return [];
    seen.add(node);
    modules.push({ address, bytes });
    previous = node;
    node = pointerAt(bytes, pointerSize, pointerSize);
  }
  return modules;
}

function structsOf(modules: readonly Module[], pointerSize: 4 | 8): StructType[] {
  const layout = findLayout(modules, pointerSize);
  const fields: Field[] = [
    { name: 'state', offset: 0, type: number(4) },
    { name: 'list', offset: pointerSize, type: { kind: 'struct', name: 'list_head' } },
    {
      name: 'name',
      offset: 3 * pointerSize,
      type: {
        kind: 'array',
        count: 64 - pointerSize,
        element: { kind: 'int', name: 'char', size: 1, signed: true, char: true },
      },
    },
  ];
  if (layout === undefined) return [struct('module', MODULE_BYTES, fields)];
  fields.push({ name: 'core_layout', offset: layout, type: { kind: 'struct', name: 'module_layout' } });
  const stride = findStride(modules, layout, pointerSize);
  if (stride !== undefined) {
    fields.push({ name: 'init_layout', offset: layout + stride, type: { kind: 'struct', name: 'module_layout' } });
  }
  const layoutFields: Field[] = [
    { name: 'base', offset: 0, type: { kind: 'pointer', size: pointerSize, target: { kind: 'void' } } },
    { name: 'size', offset: pointerSize, type: number(4) },
    { name: 'text_size', offset: pointerSize + 4, type: number(4) },
    { name: 'ro_size', offset: pointerSize + 8, type: number(4) },
  ];
  return [struct('module', MODULE_BYTES, fields), struct('module_layout', pointerSize + 16, layoutFields)];
}

/** Offset of base and size of the pages that the module lies in: the same in all of them. */
function findLayout(modules: readonly Module[], pointerSize: 4 | 8): number | undefined {
  for (let offset = 3 * pointerSize; offset + pointerSize + 16 <= MODULE_BYTES; offset += pointerSize) {
    const holds = modules.every(({ address, bytes }) => {
      const base = pointerAt(bytes, offset, pointerSize);
      const size = bytes.readUInt32LE(offset + pointerSize);
      const text = bytes.readUInt32LE(offset + pointerSize + 4);
      const readOnly = bytes.readUInt32LE(offset + pointerSize + 8);
      const aligned = (base & PAGE_MASK) === 0n && size % 4096 === 0;
      return aligned && text <= readOnly && readOnly <= size && base <= address && address < base + BigInt(size);
    });
    if (holds) return offset;
  }
  return undefined;
}

/**
 * How far `init_layout` is behind `core_layout`: each has a tree node in it that points back at the module, the second
 * one only in modules that had something to initialise.
 */
function findStride(modules: readonly Module[], layout: number, pointerSize: 4 | 8): number | undefined {
  const pointsBack = ({ address, bytes }: Module, offset: number): boolean =>
    offset + pointerSize <= MODULE_BYTES && pointerAt(bytes, offset, pointerSize) === address;
  const start = layout + pointerSize + 16;
  for (let first = start; first < start + 128; first += pointerSize) {
    if (!modules.every((module) => pointsBack(module, first))) continue;
    for (let stride = pointerSize + 16; stride <= 256; stride += pointerSize) {
      const second = modules.filter((module) => pointsBack(module, first + stride));
      // Initialisation is over, and its pages are given back.
      const empty = second.every(({ bytes }) => pointerAt(bytes, layout + stride, pointerSize) === 0n);
      if (second.length * 2 > modules.length && empty) return stride;
    }
  }
  return undefined;
}

const number = (size: 4 | 8): TypeRef => ({ kind: 'int', name: 'unsigned int', size, signed: false });

function struct(name: string, size: number, fields: readonly Field[]): StructType {
  return { name, union: false, size, fields: new Map(fields.map((field) => [field.name, field])) };
}

function pointerAt(bytes: Buffer, at: number, size: 4 | 8): bigint {
  return size === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUInt32LE(at));
}
