/**
 * A Linux guest made by hand: 4 MiB of physical memory with page tables, VMCOREINFO, kallsyms, BTF and the objects of a
 * few processes, written from `GUEST` and from nothing that src knows. For tests that must not depend on a real image.
 */

import { writeBtf } from './btf-writer.js';
import { Layouts } from './c-layout.js';
import { GuestFiles } from './guest-files.js';
import { GuestMemory } from './guest-memory.js';
import { GuestProcesses } from './guest-processes.js';
import { GUEST, type GuestTruth } from './guest-truth.js';
import { GUEST_TYPES } from './guest-types.js';
import { type SymbolToWrite, writeKallsyms } from './kallsyms-writer.js';
import { PageTables } from './page-tables.js';

const MIB = 1024 * 1024;
const SIZE = 4 * MIB;
const IMAGE_START = 2 * MIB;
const TEXT_SIZE = 0x4000;
const NS = 1_000_000_000n;

/** Virtual minus physical addresses: both halves moved, as KASLR does; i386 has one slide for everything. */
const SLIDES = {
  64: { heap: 0xffff_8cc0_0000_0000n, image: 0xffff_ffff_9b00_0000n - BigInt(IMAGE_START) },
  32: { heap: 0xc000_0000n, image: 0xc000_0000n },
} as const;
const VMEMMAP = 0xffff_eac0_0000_0000n;
const PAGE = 4096;
const KERNEL_MAP = 0xffff_ffff_8000_0000n;

/** The bytes of the guest's physical memory. */
export function linuxGuest(bits: 32 | 64, truth: GuestTruth = GUEST): Buffer {
  const layouts = new Layouts(bits === 64 ? 8 : 4, GUEST_TYPES);
  const slides = SLIDES[bits];
  const memory = new GuestMemory(layouts, {
    size: SIZE,
    // The first page stays empty: physical address 0 would look like NULL.
    heap: { start: 0x1000, end: IMAGE_START, slide: slides.heap },
    image: { start: IMAGE_START, end: SIZE, slide: slides.image },
  });
  const symbols: SymbolToWrite[] = [];
  const symbol = (name: string, address: bigint, kind = 'D') => {
    symbols.push({ name, address, kind });
    return address;
  };

  const text = symbol('_stext', memory.place('image', new Uint8Array(TEXT_SIZE).fill(0x90)), 'T');
  symbol('_text', text, 'T');
  symbol('_etext', text + BigInt(TEXT_SIZE), 'T');
  symbol('linux_banner', memory.place('image', Buffer.from(`${truth.banner}\n\0`)), 'R');

  const kernel = new PageTables(memory.bytes, bits, () => memory.takePage());
  for (let at = 0; at < SIZE; at += 2 * MIB) {
    kernel.mapLarge(slides.heap + BigInt(at), at, { executable: bits === 32 });
    if (bits === 64 && at >= IMAGE_START) kernel.mapLarge(slides.image + BigInt(at), at);
  }
  // swapper_pg_dir lies in the kernel image: its virtual address there has to lead to the tables just written.
  const root = symbol('swapper_pg_dir', memory.place('image', new Uint8Array(4096), 4096));
  symbol('init_top_pgt', root);

  const files = new GuestFiles(memory, symbol);
  new GuestProcesses(memory, symbol, files, kernel, bits).write(truth.processes);
  writeModules(memory, symbol, truth);
  writeClock(memory, symbol, truth);
  writeResources(memory, symbol, truth);
  const calls = Array.from({ length: 16 }, (_, index) =>
    symbol(`__x64_sys_call${index}`, text + BigInt(0x100 + index * 0x40), 'T'),
  );
  symbol('sys_call_table', memory.pointers('image', calls), 'R');
  if (bits === 64) {
    symbol('page_offset_base', memory.pointers('image', [slides.heap]));
    symbol('phys_base', memory.pointers('image', [KERNEL_MAP - slides.image]));
  }
  writePages(memory, symbol, kernel);

  memory.bytes.copy(memory.bytes, memory.physical(root), kernel.root, kernel.root + PAGE);

  const btf = memory.place('image', writeBtf(layouts));
  const btfEnd = memory.place('image', new Uint8Array(8), 1);
  symbol('__start_BTF', btf, 'R');
  symbol('__stop_BTF', btfEnd, 'R');
  symbol('_end', slides.image + BigInt(SIZE), 'B');

  const note = vmcoreinfo(bits, truth, slides.image, { text, root }, placeKallsyms(memory, symbols));
  memory.place('heap', note, 4096);
  return memory.bytes;
}

type Symbols = (name: string, address: bigint, kind?: string) => bigint;

function placeKallsyms(memory: GuestMemory, symbols: readonly SymbolToWrite[]): ReadonlyMap<string, bigint> {
  const parts = writeKallsyms(memory.layouts.pointerSize, symbols);
  return new Map(Object.entries(parts).map(([name, bytes]) => [name, memory.place('image', bytes)]));
}

function vmcoreinfo(
  bits: 32 | 64,
  truth: GuestTruth,
  slide: bigint,
  { text, root }: { readonly text: bigint; readonly root: bigint },
  kallsyms: ReadonlyMap<string, bigint>,
): Buffer {
  const lines = [
    `OSRELEASE=${truth.release}`,
    'PAGESIZE=4096',
    `SYMBOL(swapper_pg_dir)=${root.toString(16)}`,
    `SYMBOL(_stext)=${text.toString(16)}`,
    ...[...kallsyms]
      .filter(([name]) => name !== 'kallsyms_markers')
      .map(([name, at]) => `SYMBOL(${name})=${at.toString(16)}`),
    ...(bits === 64
      ? [
          `NUMBER(phys_base)=${KERNEL_MAP - slide}`,
          'NUMBER(pgtable_l5_enabled)=0',
          `KERNELOFFSET=${(text - KERNEL_MAP - 0x1000000n).toString(16)}`,
        ]
      : ['CONFIG_X86_PAE=y']),
  ];
  const body = Buffer.from(`${lines.join('\n')}\n`);
  const header = Buffer.alloc(24);
  header.writeUInt32LE(11, 0);
  header.writeUInt32LE(body.length, 4);
  header.write('VMCOREINFO\0', 12, 'latin1');
  return Buffer.concat([header, body, Buffer.alloc(4096)]);
}

function writeModules(memory: GuestMemory, symbol: Symbols, truth: GuestTruth): void {
  const head = symbol('modules', memory.place('image', new Uint8Array(2 * memory.layouts.pointerSize)));
  const base = memory.layouts.pointerSize === 8 ? 0xffff_ffff_c000_0000n : 0xf800_0000n;
  const made = truth.modules.map(({ name, size, references }, index) =>
    memory.make('heap', 'module', {
      name,
      'core_layout.base': base + BigInt(index * 0x10_0000),
      'core_layout.size': size,
      'refcnt.counter': references + 1,
      version: memory.text('1.0'),
    }),
  );
  memory.ring([head, ...made.map((address) => memory.member(address, 'module', 'list'))]);
  for (const address of made) {
    memory.ring([memory.member(address, 'module', 'source_list')]);
    memory.ring([memory.member(address, 'module', 'target_list')]);
  }
}

/** One `struct page` a frame, all of them of anonymous memory; mapped where vmemmap is, on i386 named by `mem_map`. */
function writePages(memory: GuestMemory, symbol: Symbols, tables: PageTables): void {
  const size = memory.layouts.struct('page').size;
  const frames = SIZE / PAGE;
  const array = memory.place('heap', new Uint8Array(frames * size), PAGE);
  for (let frame = 0; frame < frames; frame++) memory.set(array + BigInt(frame * size), 'page', { mapping: 1 });
  if (memory.layouts.pointerSize === 4) {
    symbol('mem_map', memory.pointers('image', [array]));
    return;
  }
  symbol('vmemmap_base', memory.pointers('image', [VMEMMAP]));
  for (let at = 0; at < frames * size; at += PAGE) tables.map(VMEMMAP + BigInt(at), memory.physical(array) + at);
}

/** `tk_core`: a sequence count of four bytes, then the timekeeper where its 64-bit members may stand. */
function writeClock(memory: GuestMemory, symbol: Symbols, truth: GuestTruth): void {
  const core = memory.place('image', new Uint8Array(8 + memory.layouts.struct('timekeeper').size), 16);
  symbol('tk_core', core);
  memory.set(core + BigInt(memory.layouts.pointerSize), 'timekeeper', {
    xtime_sec: truth.booted + 3600,
    offs_real: BigInt(truth.booted) * NS,
    offs_boot: 0,
    'tkr_mono.shift': 24,
  });
}

function writeResources(memory: GuestMemory, symbol: Symbols, truth: GuestTruth): void {
  const root = symbol(
    'iomem_resource',
    memory.make('image', 'resource', { end: 0xffff_ffff, name: memory.text('PCI mem') }),
  );
  const made = truth.resources.map(({ start, end, name }) =>
    memory.make('heap', 'resource', { start, end, name: memory.text(name), parent: root }),
  );
  memory.set(root, 'resource', { child: made[0] ?? 0n });
  made.forEach((address, index) => {
    memory.set(address, 'resource', { sibling: made[index + 1] ?? 0n });
  });
}
