/**
 * Locates a kernel without VMCOREINFO: kallsyms is found by content, its `_stext` says where the kernel runs, and page
 * tables say where that lies in physical memory.
 *
 * For kernels whose VMCOREINFO lacks what is needed (before 4.10), for damaged images, and as the fast way into large
 * ones.
 */

import { PAGE_SIZE } from '../../core/address.js';
import { u32 } from '../../core/bytes.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import { PAGING_MODES } from '../../memory/paging-modes.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { findBanner, releaseOf } from './banner.js';
import { Kallsyms, type KallsymsTables } from './kallsyms.js';
import { readKallsyms } from './kallsyms-location.js';
import { isTokenTable, searchKallsyms, TOKEN_LANDMARK, TOKENS_AROUND } from './kallsyms-search.js';
import { KernelImage } from './kernel-image.js';
import { imageSlide, KERNEL_MAP, kaslrOffset, type LinuxKernelLocation, physBaseOf } from './location.js';
import { longModeRoots, type RootHint, translateFrom } from './page-table-roots.js';
import { scanPhysical } from './scan-physical.js';
import { readVmcoreNote } from './vmcoreinfo.js';

export interface LocatedKernel {
  readonly location: LinuxKernelLocation;
  readonly kallsyms: Kallsyms;
}

/** Text and rodata of the largest kernels: how far the token table can be behind `_text`. */
const IMAGE_REACH = 64 * 1024 * 1024;
/** CONFIG_PHYSICAL_ALIGN: where a relocated amd64 kernel can start. */
const AMD64_ALIGNMENT = 0x20_0000;
const PAGE = 4096;
/** PAGE_OFFSET of i386. */
const USER_SPLIT = 0xc000_0000n;
/** How much around the token table is read: names of 100,000 symbols take 1.5 MB. */
const WINDOWS = [
  { before: 4 * 1024 * 1024, after: 2 * 1024 * 1024 },
  { before: 16 * 1024 * 1024, after: 8 * 1024 * 1024 },
] as const;
const ROOT_SYMBOLS = ['init_top_pgt', 'init_level4_pgt', 'swapper_pg_dir'] as const;

/** Looks only where page tables that can be had without a search say that the kernel is: fast at any image size. */
export function locateByRoots(memory: PhysicalMemory): LocatedKernel | undefined {
  for (const hint of longModeRoots(memory)) {
    const start = kernelStart(memory, hint);
    const located = start === undefined ? undefined : locateByContent(memory, start, start + IMAGE_REACH);
    if (located !== undefined) return located;
  }
  return undefined;
}

/** Looks through all of physical memory, or from `start` to `end`. */
export function locateByContent(
  memory: PhysicalMemory,
  start: number = 0,
  end: number = memory.end,
): LocatedKernel | undefined {
  for (const hit of scanPhysical(memory, TOKEN_LANDMARK, start, end)) {
    const tables = tablesAround(memory, start, hit);
    if (tables === undefined) continue;
    const kallsyms = new Kallsyms(tables);
    const location = tables.pointerSize === 8 ? locateLongMode(memory, kallsyms, hit) : locate32(memory, kallsyms, hit);
    if (location !== undefined) return { location, kallsyms };
  }
  return undefined;
}

/** The kallsyms that the token table at `hit` belongs to. A small window holds most kernels'. */
function tablesAround(memory: PhysicalMemory, start: number, hit: number): KallsymsTables | undefined {
  const physical = new KernelImage(memory, 8, 0n);
  // Other things look like the landmark; the table itself tells, before megabytes around it are read.
  const near = pageAt(Math.max(0, hit - TOKENS_AROUND));
  if (!isTokenTable(physical.bytes(BigInt(near), hit - near + TOKENS_AROUND), hit - near)) return undefined;
  for (const { before, after } of WINDOWS) {
    const from = pageAt(Math.max(start, hit - before));
    const found = searchKallsyms(physical.bytes(BigInt(from), hit - from + after), BigInt(from));
    const tables = found && readKallsyms(new KernelImage(memory, found.pointerSize, 0n), found);
    if (tables !== undefined) return tables;
  }
  return undefined;
}

/** Windows begin on pages: the parts of kallsyms are aligned in memory, and are looked for by their place in the window. */
function pageAt(address: number): number {
  return address - (address % PAGE_SIZE);
}

/** Physical start of the kernel image that `hint` maps: the first mapping of the kernel's range that is a large page. */
function kernelStart(memory: PhysicalMemory, { root, mode }: RootHint): number | undefined {
  const space = new PagedAddressSpace('kernel', memory, PAGING_MODES[mode], root);
  for (const { pageSize, physical } of space.mappings(KERNEL_MAP.start, KERNEL_MAP.end)) {
    if (pageSize === AMD64_ALIGNMENT) return physical;
  }
  return undefined;
}

function locateLongMode(memory: PhysicalMemory, kallsyms: Kallsyms, tokens: number): LinuxKernelLocation | undefined {
  const textStart = kallsyms.address('_stext');
  if (textStart === undefined || textStart < KERNEL_MAP.start) return undefined;
  const rootSymbol = ROOT_SYMBOLS.map((name) => kallsyms.address(name)).find((address) => address !== undefined);
  for (const { text, hint } of longModeCandidates(memory, textStart, rootSymbol, tokens)) {
    const slide = textStart - BigInt(text);
    const own = rootSymbol === undefined ? undefined : { root: Number(rootSymbol - slide), mode: hint.mode };
    // The kernel's own root where it has a name, else the one that led here.
    const proven = [...(own === undefined ? [] : [own]), hint].find(
      (root) => translateFrom(memory, root, textStart) === text,
    );
    if (proven !== undefined) return describe(memory, kallsyms, 'amd64', textStart, slide, proven);
  }
  return undefined;
}

/** Where `_stext` may lie in physical memory: where a known root has it, else at every aligned place before `tokens`. */
function* longModeCandidates(
  memory: PhysicalMemory,
  textStart: bigint,
  rootSymbol: bigint | undefined,
  tokens: number,
): Generator<{ readonly text: number; readonly hint: RootHint }> {
  for (const hint of longModeRoots(memory)) {
    const text = translateFrom(memory, hint, textStart);
    if (text !== undefined && text < tokens && tokens - text < IMAGE_REACH) yield { text, hint };
  }
  if (rootSymbol === undefined) return;
  const inPage = Number(textStart % BigInt(AMD64_ALIGNMENT));
  for (let text = tokens - (tokens % AMD64_ALIGNMENT) + inPage; text > tokens - IMAGE_REACH; text -= AMD64_ALIGNMENT) {
    const root = Number(rootSymbol - textStart) + text;
    if (text <= 0 || root <= 0 || root >= memory.end) continue;
    for (const mode of ['4-level', '5-level'] as const) yield { text, hint: { root, mode } };
  }
}

/** i386 has one slide; the root has no symbol, but it lies in the image's own data. */
function locate32(memory: PhysicalMemory, kallsyms: Kallsyms, tokens: number): LinuxKernelLocation | undefined {
  const slide = imageSlide('i386', 0);
  const textStart = kallsyms.address('_stext');
  const text = textStart === undefined ? -1 : Number(textStart - slide);
  if (textStart === undefined || text < 0 || text >= tokens || tokens - text > IMAGE_REACH) return undefined;
  let best: { readonly hint: RootHint; readonly score: number } | undefined;
  for (const hint of rootsInImage(memory, text, textStart)) {
    if (translateFrom(memory, hint, textStart) !== text) continue;
    const score = kernelRootScore(memory, hint);
    if (best === undefined || score > best.score) best = { hint, score };
  }
  return best && describe(memory, kallsyms, 'i386', textStart, slide, best.hint);
}

/** Pages of the image that could be a root: the entry for the kernel's text is present. */
function* rootsInImage(memory: PhysicalMemory, text: number, textStart: bigint): Generator<RootHint> {
  const first = Math.floor(text / PAGE);
  for (let frame = first; frame < first + IMAGE_REACH / PAGE && frame < memory.end / PAGE; frame++) {
    const page = memory.page(frame);
    if (page === undefined) continue;
    const entries = { PAE: u32(page, 3 * 8), '32-bit': u32(page, Number(textStart >> 22n) * 4) } as const;
    // A present top-level entry never has the bits 7 and 8 of PAE's set that a page of code has at random.
    if ((entries.PAE & 0x1e1) === 1 || (entries.PAE & 0x1e1) === 0x21) yield { root: frame * PAGE, mode: 'PAE' };
    if ((entries['32-bit'] & 1) === 1) yield { root: frame * PAGE, mode: '32-bit' };
  }
}

/**
 * There is a second, earlier root in the image (`initial_page_table`) that also maps the kernel at its physical
 * addresses and may know nothing of vmalloc: the kernel's own has nothing in the user's part, and more in its own.
 */
function kernelRootScore(memory: PhysicalMemory, { root, mode }: RootHint): number {
  const space = new PagedAddressSpace('kernel', memory, PAGING_MODES[mode], root);
  let pages = 0;
  for (const { start, end } of space.mappings(USER_SPLIT, 1n << 32n)) pages += Number(end - start) / PAGE;
  const mapsUserPart = space.mappings(0n, USER_SPLIT).next().done !== true;
  return mapsUserPart ? pages - (1 << 20) : pages;
}

function describe(
  memory: PhysicalMemory,
  kallsyms: Kallsyms,
  architecture: 'amd64' | 'i386',
  textStart: bigint,
  slide: bigint,
  { root, mode }: RootHint,
): LinuxKernelLocation {
  const image = new KernelImage(memory, architecture === 'amd64' ? 8 : 4, slide);
  const banner = findBanner(image, textStart, undefined, kallsyms.address('linux_banner'));
  const space = new PagedAddressSpace('kernel', memory, PAGING_MODES[mode], root);
  const note = kallsyms.address('vmcoreinfo_note');
  const at = note && image.pointer(note);
  return {
    architecture,
    paging: mode,
    dtb: root,
    textStart,
    kaslrOffset: kaslrOffset(architecture, textStart),
    physBase: physBaseOf(architecture, slide),
    release: releaseOf(banner),
    banner,
    vmcoreinfo: (at && readVmcoreNote((target) => space.read(at, target))) || new Map(),
  };
}
