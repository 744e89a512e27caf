/**
 * Loadable modules as the kernel keeps them: the list, where their memory lies, who uses them, their symbols.
 *
 * Reading only. Whether a module is hidden is decided by comparing several such sources, in `analysis/linux/`.
 */
import { u32, u64, utf8Text } from '../../core/bytes.js';
import { readBytes, type StructView, textAt } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries } from './lists.js';

/** One piece of a module's memory. */
export interface ModuleRegion {
  readonly kind: string;
  readonly base: bigint;
  readonly size: number;
}

/** `enum mod_mem_type`, include/linux/module.h since 6.4. */
const MEMORY_TYPES = ['text', 'data', 'rodata', 'ro-after-init', 'init-text', 'init-data', 'init-rodata'] as const;

/** Where a module keeps its memory: one row a generation of `struct module`. */
const GENERATIONS: readonly { readonly member: string; readonly regions: (module: StructView) => ModuleRegion[] }[] = [
  // since 6.4: struct module_memory mem[MOD_MEM_NUM_TYPES]
  { member: 'mem', regions: memoryRegions },
  // 4.5 to 6.3: struct module_layout core_layout, init_layout
  {
    member: 'core_layout',
    regions: (module) => [
      ...region('core', module.ptr('core_layout.base'), module.num('core_layout.size')),
      ...region('init', module.ptr('init_layout.base'), module.num('init_layout.size')),
    ],
  },
  // before 4.5
  {
    member: 'module_core',
    regions: (module) => [
      ...region('core', module.ptr('module_core'), module.num('core_size')),
      ...region('init', module.ptr('module_init'), module.num('init_size')),
    ],
  },
];

function region(kind: string, base: bigint | undefined, size: number | undefined): ModuleRegion[] {
  return base === undefined || base === 0n || size === undefined || size === 0 ? [] : [{ kind, base, size }];
}

function memoryRegions(module: StructView): ModuleRegion[] {
  const first = module.at('mem');
  return MEMORY_TYPES.flatMap((kind, index) => {
    const memory = first.sibling(index);
    return region(kind, memory.ptr('base'), memory.num('size'));
  });
}

/** The modules on the kernel's list, in `/proc/modules` order. */
export function* modules(kernel: LinuxKernel): Generator<StructView> {
  yield* listEntries(kernel, kernel.requireAddress('modules'), 'module', 'list');
}

/** The memory of a module, its main part first. */
export function moduleRegions(module: StructView): ModuleRegion[] {
  return GENERATIONS.find(({ member }) => module.has(member))?.regions(module) ?? [];
}

/** Where a module's functions lie: the first element of `mem`, before 6.4 the beginning of its core (see field-alternatives.ts). */
export function moduleText(module: StructView): { readonly base: bigint; readonly end: bigint } | undefined {
  const base = module.ptr('mem.base');
  const size = module.num('mem.size');
  return base === undefined || size === undefined ? undefined : { base, end: base + BigInt(size) };
}

/** `enum module_state`, include/linux/module.h. */
const STATES = ['Live', 'Loading', 'Unloading', 'Unformed'] as const;

export function moduleState(module: StructView): string | undefined {
  const state = module.num('state');
  return state === undefined ? undefined : (STATES[state] ?? `${state}`);
}

/** Users other than the module itself, as /proc/modules counts them (MODULE_REF_BASE is 1, kernel/module/main.c). */
export function moduleReferences(module: StructView): number | undefined {
  if (!module.has('refcnt')) return undefined;
  const count = module.num('refcnt.counter');
  return count === undefined ? undefined : count - 1;
}

/** Names of the modules that use this one, in the kernel's order. */
export function moduleUsers(kernel: LinuxKernel, module: StructView): string[] {
  if (!module.has('source_list')) return [];
  const names: string[] = [];
  for (const use of listEntries(kernel, module.addressOf('source_list'), 'module_use', 'source_list')) {
    names.push(use.follow('source')?.text('name') ?? '?');
  }
  return names;
}

/** Letters of `taints` bits that modules carry (kernel/panic.c taint_flags, those with `module` set). */
const TAINTS: readonly (readonly [number, string])[] = [
  [0, 'P'],
  [12, 'O'],
  [1, 'F'],
  [10, 'C'],
  [13, 'E'],
  [15, 'K'],
  [18, 'N'],
];

export function moduleTaints(module: StructView): string | undefined {
  const taints = module.num('taints');
  if (taints === undefined) return undefined;
  return TAINTS.filter(([bit]) => Math.floor(taints / 2 ** bit) % 2 === 1)
    .map(([, letter]) => letter)
    .join('');
}

export interface ModuleSymbol {
  readonly name: string;
  readonly address: bigint;
  /** nm's letter; lower case is local. */
  readonly kind: string;
}

/** No module of 6.12 has a fifth of this. */
const MAX_SYMBOLS = 200_000;
const MAX_NAME = 512;
const NOTHING: readonly ModuleSymbol[] = [];

/** The symbols of a module that kallsyms shows: `mod->kallsyms`, since 4.2 (kernel/module/kallsyms.c). */
export function moduleSymbols(kernel: LinuxKernel, module: StructView): readonly ModuleSymbol[] {
  const table = module.has('kallsyms') ? module.follow('kallsyms') : undefined;
  const count = table?.num('num_symtab') ?? 0;
  const symtab = table?.ptr('symtab') ?? 0n;
  const strtab = table?.ptr('strtab') ?? 0n;
  if (table === undefined || symtab === 0n || strtab === 0n || count > MAX_SYMBOLS) return NOTHING;
  // Elf64_Sym: name 0, info 4, shndx 6, value 8 of 24 bytes; Elf32_Sym: name 0, value 4, info 12, shndx 14 of 16.
  const wide = kernel.is64Bit;
  const entry = wide ? 24 : 16;
  const raw = readBytes(kernel, symtab, count * entry)?.slice();
  if (raw === undefined) return NOTHING;
  // Since 5.2 the nm letters stand in an array of their own; before, they replaced st_info.
  const letters = table.has('typetab') ? kernelBytes(kernel, table.ptr('typetab'), count) : undefined;
  const exported = exportedAddresses(kernel, module);
  const symbols: ModuleSymbol[] = [];
  // Entry 0 is the ELF null symbol.
  for (let index = 1; index < count; index++) {
    const at = index * entry;
    const name = textAt(kernel, strtab + BigInt(u32(raw, at)), MAX_NAME);
    if (name === undefined || name === '') continue;
    const address = wide ? u64(raw, at + 8) : BigInt(u32(raw, at + 4));
    const letter = letters?.[index] ?? raw[at + (wide ? 4 : 12)] ?? 0x3f;
    const nm = utf8Text(Uint8Array.of(letter));
    symbols.push({ name, address, kind: exported.has(address) ? nm.toUpperCase() : nm.toLowerCase() });
  }
  return symbols;
}

/**
 * What the module exports to all (`mod->syms`, EXPORT_SYMBOL): /proc/kallsyms prints the letters of these in upper case
 * and all others in lower case (is_exported, kernel/module/kallsyms.c).
 */
function exportedAddresses(kernel: LinuxKernel, module: StructView): ReadonlySet<bigint> {
  const addresses = new Set<bigint>();
  const first = module.has('syms') ? (module.ptr('syms') ?? 0n) : 0n;
  const count = module.has('num_syms') ? (module.num('num_syms') ?? 0) : 0;
  if (first === 0n || count > MAX_SYMBOLS) return addresses;
  for (let index = 0; index < count; index++) {
    const symbol = kernel.struct('kernel_symbol', first).sibling(index);
    // CONFIG_HAVE_ARCH_PREL32_RELOCATIONS (x86 since 4.19): the value is relative to where it stands.
    const relative = symbol.has('value_offset');
    const value = relative
      ? symbol.addressOf('value_offset') + (symbol.big('value_offset') ?? 0n)
      : (symbol.ptr('value') ?? 0n);
    addresses.add(BigInt.asUintN(kernel.profile.pointerSize * 8, value));
  }
  return addresses;
}

function kernelBytes(kernel: LinuxKernel, address: bigint | undefined, length: number): Uint8Array | undefined {
  if (address === undefined || address === 0n) return undefined;
  return readBytes(kernel, address, length)?.slice();
}
