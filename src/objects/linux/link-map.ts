/**
 * The libraries that the dynamic loader of a process knows: the `link_map` list that debuggers read.
 *
 * Source: glibc's elf/link.h (struct r_debug, struct link_map; the first five members are an interface that musl
 * keeps too), gABI chapter 5 "Dynamic Section". A static program has no such list.
 */
import { textAt } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import type { MappedElf } from './mapped-elf.js';
import { type UserMemory, userWord } from './user-memory.js';

export interface LoadedLibrary {
  /** What was added to the addresses in the file. */
  readonly bias: bigint;
  /** As the loader was given it; empty for the program itself. */
  readonly name: string;
  /** Address of the dynamic section. */
  readonly dynamic: bigint;
}

const PT_DYNAMIC = 2;
const DT_NULL = 0n;
const DT_DEBUG = 21n;
const MAX_DYNAMIC = 1024;
const MAX_LIBRARIES = 16384;

/** The loader's list for a program; undefined when it has none. */
export function linkMap(kernel: LinuxKernel, memory: UserMemory, program: MappedElf): LoadedLibrary[] | undefined {
  const dynamic = program.elf.segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return undefined;
  const word = (address: bigint) => userWord(kernel, memory, address);
  const size = BigInt(memory.space.pointerSize);
  const debug = debugAddress(word, program.bias + dynamic.virtual, size);
  // struct r_debug { int version; struct link_map *map; … }
  const first = debug === undefined ? undefined : word(debug + size);
  if (first === undefined || first === 0n) return undefined;
  const libraries: LoadedLibrary[] = [];
  const seen = new Set<bigint>();
  // struct link_map { address bias; char *name; dynamic section; struct link_map *next, *previous; }
  for (let node: bigint | undefined = first; node !== undefined && node !== 0n; node = word(node + 3n * size)) {
    if (seen.has(node) || seen.size >= MAX_LIBRARIES) {
      kernel.faults.note(node, 'cycle in the list of libraries');
      break;
    }
    seen.add(node);
    const name = word(node + size);
    libraries.push({
      bias: word(node) ?? 0n,
      name: name === undefined || name === 0n ? '' : (textAt(kernel.within(memory.space), name) ?? ''),
      dynamic: word(node + 2n * size) ?? 0n,
    });
  }
  return libraries;
}

/** The value of DT_DEBUG, which the loader fills in; undefined when there is none. */
function debugAddress(word: (address: bigint) => bigint | undefined, dynamic: bigint, size: bigint) {
  for (let index = 0; index < MAX_DYNAMIC; index++) {
    const at = dynamic + BigInt(index) * 2n * size;
    const tag = word(at);
    if (tag === undefined || tag === DT_NULL) return undefined;
    if (tag !== DT_DEBUG) continue;
    const value = word(at + size);
    return value === 0n ? undefined : value;
  }
  return undefined;
}
