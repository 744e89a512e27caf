/**
 * Where else than on its list a module leaves traces: sysfs, the tree of module addresses, module memory itself.
 *
 * Each source yields addresses of `struct module`; a rootkit that leaves the list rarely leaves all of them.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { u32 } from '../../core/bytes.js';
import { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries, rbTreeEntries } from './lists.js';
import { moduleRegions, modules } from './modules.js';

export const MODULE_SOURCES = {
  list: listed,
  sysfs: inSysfs,
  tree: inAddressTree,
  memory: inModuleMemory,
} as const;

export type ModuleSource = keyof typeof MODULE_SOURCES;

export interface SeenModule {
  readonly module: StructView;
  readonly sources: ReadonlySet<ModuleSource>;
}

const MEMO = Symbol('module sources');

/** Every module that any source knows, listed ones first. */
export function seenModules(kernel: LinuxKernel): readonly SeenModule[] {
  return kernel.memo(MEMO, () => {
    const seen = new Map<bigint, { module: StructView; sources: Set<ModuleSource> }>();
    for (const [source, find] of Object.entries(MODULE_SOURCES) as [ModuleSource, (typeof MODULE_SOURCES)['list']][]) {
      for (const address of find(kernel)) {
        const module = kernel.struct('module', address);
        const entry = seen.get(address) ?? { module, sources: new Set<ModuleSource>() };
        entry.sources.add(source);
        seen.set(address, entry);
      }
    }
    return [...seen.values()];
  });
}

function* listed(kernel: LinuxKernel): Generator<bigint> {
  for (const module of modules(kernel)) yield module.address;
}

/** Kernel objects in /sys/module that belong to a loaded module; built-in ones have no `mod`. */
function* inSysfs(kernel: LinuxKernel): Generator<bigint> {
  const set = kernel.globalPointer('module_kset');
  if (set === undefined || set === 0n || !kernel.struct('module_kobject', 0n).has('mod')) return;
  const head = kernel.struct('kset', set).addressOf('list');
  for (const object of listEntries(kernel, head, 'kobject', 'entry')) {
    const module = object.containedIn('module_kobject', 'kobj').ptr('mod');
    if (module !== undefined && module !== 0n) yield module;
  }
}

/** `mod_tree`: a latched red-black tree over module memory (CONFIG_MODULES_TREE_LOOKUP, since 4.2). */
function* inAddressTree(kernel: LinuxKernel): Generator<bigint> {
  const tree = kernel.address('mod_tree');
  const types = kernel.profile.types;
  if (tree === undefined || types.struct('mod_tree_node')?.fields.get('mod') === undefined) return;
  const yielded = new Set<bigint>();
  // mod_tree begins with a latch_tree_root: a sequence count, then two rb_roots. Nodes are latch_tree_node.node[0].
  const roots = BigInt(types.struct('latch_tree_root')?.fields.get('tree')?.offset ?? kernel.profile.pointerSize);
  for (const node of rbTreeEntries(kernel, tree + roots, 'mod_tree_node', 'node')) {
    const module = node.ptr('mod');
    if (module === undefined || module === 0n || yielded.has(module)) continue;
    yielded.add(module);
    yield module;
  }
}

/** Where amd64 maps module memory: MODULES_VADDR and _END, arch/x86/include/asm/pgtable_64_types.h. */
const MODULES_64 = { start: 0xffff_ffff_c000_0000n, end: 0xffff_ffff_ff00_0000n } as const;
/** i386 has modules anywhere in its vmalloc area, which begins behind the linear mapping (pgtable_32_areas.h). */
const LINEAR_32 = 0xc000_0000;
const MAX_LOWMEM_32 = 0x3780_0000;
const VMALLOC_END_32 = 0xffc0_0000n;
/** `struct module` is aligned to a cache line (____cacheline_aligned), 32 bytes on the smallest ones. */
const ALIGNMENT = 32;

interface Area {
  readonly start: bigint;
  readonly end: bigint;
}

function moduleArea(kernel: LinuxKernel): Area {
  if (kernel.is64Bit) return MODULES_64;
  return { start: BigInt(LINEAR_32 + Math.min(kernel.memory.end, MAX_LOWMEM_32)), end: VMALLOC_END_32 };
}

const MAX_MODULE_NAME = 56;
const NAME = /^[A-Za-z0-9_]{2,55}$/;
/** Bytes that a module's name may begin with. */
const NAME_BYTES = new Uint8Array(256);
for (const letter of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz') {
  NAME_BYTES[letter.charCodeAt(0)] = 1;
}

/**
 * Structures in mapped module memory that look like a `struct module`: a printable name, links that are kernel
 * addresses (or poison, when it was unlinked), and a main part that holds the structure itself.
 */
function* inModuleMemory(kernel: LinuxKernel): Generator<bigint> {
  const area = moduleArea(kernel);
  const probe = kernel.struct('module', 0n);
  const nameAt = probe.field('name').offset;
  const listAt = probe.field('list').offset;
  const isLink = kernel.is64Bit ? isLink64 : isLink32;
  const bytes = new Uint8Array(PAGE_SIZE + Math.max(nameAt, listAt) + MAX_MODULE_NAME);
  for (const page of mappedPages(kernel, area)) {
    // A structure at the end of the page goes on in the next one.
    const readable = kernel.space.read(page, bytes);
    for (let at = 0; at < PAGE_SIZE && at + nameAt + MAX_MODULE_NAME <= readable; at += ALIGNMENT) {
      if (NAME_BYTES[bytes[at + nameAt] as number] === 0 || !isLink(bytes, at + listAt)) continue;
      if (!NAME.test(nameIn(bytes.subarray(at + nameAt, at + nameAt + MAX_MODULE_NAME)))) continue;
      const address = page + BigInt(at);
      if (isPlausible(new StructView(kernel, 'module', address), area)) yield address;
    }
  }
}

/** Addresses of the mapped pages of `area`, each page of memory once, however often forged tables map it. */
function* mappedPages(kernel: LinuxKernel, { start, end }: Area): Generator<bigint> {
  const seen = new Set<number>();
  for (const leaf of kernel.space.leafEntries(start, end)) {
    if (!leaf.present) continue;
    for (let page = leaf.start; page < leaf.end; page += BigInt(PAGE_SIZE)) {
      const physical = leaf.physical + Number(page - leaf.start);
      if (physical >= kernel.memory.end) break;
      if (seen.has(physical)) continue;
      seen.add(physical);
      yield page;
    }
  }
}

/** LIST_POISON1 without and with CONFIG_ILLEGAL_POINTER_VALUE (include/linux/poison.h): 0x100, 0xdead000000000100. */
const POISON = { lowest: 0x100, end: 0x1000, high: 0xdead } as const;

const isPoison = (low: number) => low >= POISON.lowest && low < POISON.end;

/** Whether the pointer at `at` is a kernel address or the poison of a list that was left. */
function isLink64(bytes: Uint8Array, at: number): boolean {
  const high = u32(bytes, at + 4);
  return high >= 0x8000_0000 || high >>> 16 === POISON.high || (high === 0 && isPoison(u32(bytes, at)));
}

function isLink32(bytes: Uint8Array, at: number): boolean {
  const low = u32(bytes, at);
  return low >= LINEAR_32 || isPoison(low);
}

/** Larger than any module; a candidate beyond is chance. */
const MAX_MODULE = 64 * 1024 * 1024;
const LAST_STATE = 3;

/** Holds for a real `struct module`: a known state, regions on pages of the module area, itself in one of them. */
function isPlausible(module: StructView, area: Area): boolean {
  const state = module.num('state');
  const regions = moduleRegions(module);
  return (
    state !== undefined &&
    state <= LAST_STATE &&
    regions.every(
      ({ base, size }) => base % 4096n === 0n && base >= area.start && base < area.end && size <= MAX_MODULE,
    ) &&
    regions.some(({ base, size }) => module.address >= base && module.address < base + BigInt(size))
  );
}

function nameIn(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
}
